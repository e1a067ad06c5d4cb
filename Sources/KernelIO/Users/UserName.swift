internal import Glibc
internal import Synchronization

/// Looks up user names.
package enum UserName {
    private static let known = Mutex<[UInt32: String]>([:])
    private static let isSilent = Atomic(false)

    /// The name of a user, or its ID as text if the name does not come in time.
    ///
    /// The lookup may go over the network. After one timeout, users that are not known yet are not
    /// looked up: the result is their ID.
    package static func text(_ uid: UInt32, within time: Duration) -> String {
        if let name = known.withLock({ $0[uid] }) { return name }
        guard !isSilent.load(ordering: .relaxed) else { return String(uid) }
        do throws(IOError) {
            try WorkerThread.start("cgw-users") {
                let name = text(uid)
                known.withLock { $0[uid] = name }
            }
        } catch {
            return String(uid)
        }
        let isThere = Deadline(after: time).wait { known.withLock { $0[uid] != nil } }
        if !isThere { isSilent.store(true, ordering: .relaxed) }
        return known.withLock { $0[uid] } ?? String(uid)
    }

    /// The name of a user (getpwuid_r(3)), or its ID as text if there is none or the lookup fails.
    package static func text(_ uid: UInt32) -> String {
        let found = try? AccountEntry.find("user \(uid)") {
            (room: inout [CChar]) -> (code: Int32, found: String?) in
            var entry = unsafe passwd()
            var name: String?
            let code = unsafe room.withUnsafeMutableBufferPointer { room -> Int32 in
                var found: UnsafeMutablePointer<passwd>?
                guard let base = room.baseAddress else { return ERANGE }
                let code = unsafe getpwuid_r(uid, &entry, base, room.count, &found)
                if let found = unsafe found { name = unsafe String(cString: found.pointee.pw_name) }
                return code
            }
            return (code, name)
        }
        return found ?? String(uid)
    }
}
