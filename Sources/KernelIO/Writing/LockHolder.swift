internal import CLinux
internal import Glibc

/// The process that holds the lock on a file (flock(2)).
///
/// It is referenced by a pidfd, so a later process with the same ID cannot be mistaken for it.
package struct LockHolder: ~Copyable {
    /// The process ID.
    package let pid: Int32
    /// The command name, up to 15 bytes.
    package let name: String
    private let process: ProcessHandle

    /// Finds the holder (proc_locks(5)); nil if nobody holds the lock or the holder cannot be
    /// determined.
    package init?(of path: String) {
        var wanted = stat()
        guard unsafe lstat(path, &wanted) == 0 else { return nil }
        for pid in Self.candidates(inode: UInt64(wanted.st_ino)) {
            // Open the pidfd first, so that the checks below apply to this very process.
            guard let process = try? ProcessHandle(pid),
                Self.candidates(inode: UInt64(wanted.st_ino)).contains(pid),
                Self.hasOpen(pid, wanted)
            else { continue }
            let name = CommandName.read(in: Array("/proc/\(pid)".utf8))
            self.pid = pid
            self.name = String(decoding: name ?? [], as: UTF8.self)
            self.process = process
            return
        }
        return nil
    }

    /// Kills it (SIGKILL) and waits until it has exited; false if it has not exited in time.
    package func kill(within time: Duration) -> Bool {
        try? process.send(.kill)
        return process.hasEnded(within: time)
    }

    /// The IDs of the processes that hold a lock on any file with this inode.
    private static func candidates(inode: UInt64) -> [Int32] {
        let bytes = (try? ReadBuffer.contents(of: Array("/proc/locks".utf8))) ?? []
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
            // 2: FLOCK  ADVISORY  WRITE 705 00:1c:12 0 EOF
            let words = line.split(separator: " ")
            guard words.count >= 6, words[1] == "FLOCK",
                words[5].split(separator: ":").last.flatMap({ UInt64($0) }) == inode
            else { return nil }
            return Int32(words[4])
        }
    }

    private static func hasOpen(_ pid: Int32, _ wanted: stat) -> Bool {
        let path = Array("/proc/\(pid)/fd".utf8)
        guard let directory = try? OwnedDescriptor.directory(path),
            let entries = try? directory.entries(path: path.pathText)
        else { return false }
        return entries.contains { entry in
            var found = stat()
            let status = unsafe entry.name.withCPath { name in
                unsafe fstatat(directory.number, name, &found, 0)
            }
            return status == 0 && found.st_ino == wanted.st_ino && found.st_dev == wanted.st_dev
        }
    }
}
