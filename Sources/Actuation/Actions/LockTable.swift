/// The file locks in `/proc/locks` that processes wait for.
///
///     1: POSIX  ADVISORY  WRITE 705 00:1c:12 0 EOF
///     1: -> POSIX  ADVISORY  WRITE 706 00:1c:12 0 EOF
///
/// The kernel omits locks of processes outside this PID namespace, together with their waiters.
struct LockTable: Equatable {
    /// A lock and the processes that wait for it.
    struct Lock: Equatable {
        /// The PID that took it; -1 for an open-file-description lock.
        let holder: Int32
        /// The device and inode as the kernel prints them.
        let file: String
        /// The PIDs that wait for it: -1 as in ``holder``, 0 outside this PID namespace.
        var waiters: [Int32]
    }

    private(set) var locks: [Lock] = []

    /// Parses the file; nil if any line is malformed, because the result would be incomplete.
    init?(parsing bytes: [UInt8]) {
        var byNumber: [Substring: Int] = [:]
        let text = String(decoding: bytes, as: UTF8.self)
        for line in text.split(separator: "\n") {
            var words = line.split(separator: " ")
            guard words.count >= 6 else { return nil }
            let number = words.removeFirst()
            let waits = words[0] == "->"
            if waits { words.removeFirst() }
            // TYPE MODE ACCESS PID MAJOR:MINOR:INODE START END
            guard words.count >= 5, let pid = Int32(words[3]) else { return nil }
            if waits {
                guard let index = byNumber[number] else { return nil }
                locks[index].waiters.append(pid)
            } else {
                byNumber[number] = locks.count
                locks.append(Lock(holder: pid, file: String(words[4]), waiters: []))
            }
        }
        locks.removeAll { $0.waiters.isEmpty }
    }

    /// Returns the locks of `members` that other processes wait for, each with a member holding it.
    ///
    /// The table lists only the PID that took a lock. A member that inherited or shares the open
    /// file holds it as well; `memberHolding` finds that member by file.
    func held(
        by members: Set<Int32>, memberHolding: (String) -> Int32?
    ) -> [(lock: Lock, holder: Int32)] {
        locks.compactMap { lock in
            guard lock.waiters.contains(where: { !members.contains($0) }) else { return nil }
            if members.contains(lock.holder) { return (lock, lock.holder) }
            return memberHolding(lock.file).map { (lock, $0) }
        }
    }
}
