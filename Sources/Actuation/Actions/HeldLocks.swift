internal import Hierarchy
internal import KernelIO

/// Looks for locks that a frozen cgroup would keep from others.
struct HeldLocks {
    let system: SystemRoot

    /// Why the members must not stay frozen; nil if they may.
    func reasonToThaw(_ members: Set<Int32>) -> String? {
        do throws(IOError) {
            guard let table = LockTable(parsing: try ReadBuffer.contents(of: system.proc("locks")))
            else { return "/proc/locks cannot be understood" }
            guard let lock = table.held(by: members, holds: holds) else { return nil }
            let reader = ProcessReader(system)
            func named(_ pid: Int32?) -> String {
                guard let pid, pid > 0 else { return "a process" }
                return "\(reader.stat(pid)?.name ?? "process") (process \(pid))"
            }
            let waiter = lock.waiters.first { !members.contains($0) }
            return "\(named(waiter)) waits for a file lock that \(named(lock.holder)) of it holds"
        } catch {
            return "\(error), so it is unknown whether someone waits for a lock of it"
        }
    }

    /// Whether an open file of the process has a lock on the file: a `lock:` line of its fdinfo.
    private func holds(_ pid: Int32, _ file: String) -> Bool {
        let path = system.proc("\(pid)/fdinfo")
        guard let directory = try? OwnedDescriptor.directory(path),
            let entries = try? directory.entries(path: path.pathText)
        else { return false }
        return entries.contains { entry in
            let bytes = try? ReadBuffer.contents(of: entry.name, under: directory.number)
            return String(decoding: bytes ?? [], as: UTF8.self).split(separator: "\n").contains {
                $0.hasPrefix("lock:") && $0.split(separator: " ").contains(Substring(file))
            }
        }
    }
}
