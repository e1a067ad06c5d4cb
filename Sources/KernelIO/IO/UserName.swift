internal import Glibc

/// Names of users.
public enum UserName {
    /// The name behind a number (getpwuid_r(3)), the number as text if there is none.
    public static func text(_ uid: UInt32) -> String {
        var entry = unsafe passwd()
        var room = [CChar](repeating: 0, count: 16384)
        return unsafe room.withUnsafeMutableBufferPointer { room in
            var found: UnsafeMutablePointer<passwd>?
            guard let base = room.baseAddress,
                unsafe getpwuid_r(uid, &entry, base, room.count, &found) == 0,
                let found = unsafe found
            else { return String(uid) }
            return unsafe String(cString: found.pointee.pw_name)
        }
    }
}
