internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Finds file locks held in a frozen cgroup that processes outside it wait for.
struct HeldLocks {
    private let set: HierarchySet
    private let reader: ProcessReader

    init(_ set: HierarchySet) {
        self.set = set
        reader = ProcessReader(set.system)
    }

    /// Returns why the members must not stay frozen; nil if they may.
    func reasonToThaw(_ members: Set<Int32>) -> String? {
        do throws(IOError) {
            guard
                let table = LockTable(
                    parsing: try ReadBuffer.contents(of: set.system.proc("locks")))
            else { return "/proc/locks cannot be parsed" }
            var shared: [String: Int32]?
            let held = table.held(by: members) { file in
                let known = shared ?? sharedLocks(of: members)
                shared = known
                return known[file]
            }
            let devices = cgroupDevices
            for (lock, holder) in held {
                let waiters = lock.waiters.filter { !members.contains($0) }
                guard !devices.contains(where: lock.file.hasPrefix),
                    !isAffairOfOneUser(holder, waiters)
                else { continue }
                return "\(named(waiters.first)) waits for a file lock that \(named(holder)) "
                    + "in it holds"
            }
            return nil
        } catch {
            return "\(error), so it is unknown whether other processes wait for its file locks"
        }
    }

    private func named(_ pid: Int32?) -> String {
        guard let pid, pid > 0 else { return "a process" }
        return "\(reader.stat(pid)?.name ?? "process") (process \(pid))"
    }

    /// The device prefixes of files on cgroup mounts, as `/proc/locks` prints them.
    ///
    /// Locks on these files are ignored: any user may take one, and nothing depends on them.
    private var cgroupDevices: [String] {
        self.set.hierarchies.compactMap { hierarchy in
            DeviceNumber.holding(hierarchy.directory.pathText).map { device in
                device.text(.device).split(separator: ":").map { number in
                    let digits = String(UInt32(number) ?? 0, radix: 16)
                    return (digits.utf8.count < 2 ? "0" : "") + digits + ":"
                }.joined()
            }
        }
    }

    /// Whether the holder and all waiters belong to one unprivileged user, who may use the lock to
    /// escape a freeze by root.
    private func isAffairOfOneUser(_ holder: Int32, _ waiters: [Int32]) -> Bool {
        guard EffectiveUser.isRoot, let user = reader.user(of: holder), user != 0 else {
            return false
        }
        return waiters.allSatisfy { reader.user(of: $0) == user }
    }

    /// Maps each file that members have locked, as `/proc/locks` prints it, to one of them.
    ///
    /// The `lock:` lines of fdinfo also show locks on open files that are inherited or shared.
    private func sharedLocks(of members: Set<Int32>) -> [String: Int32] {
        var result: [String: Int32] = [:]
        for pid in members {
            let path = set.system.proc("\(pid)/fdinfo")
            guard let directory = try? OwnedDescriptor.directory(path),
                let entries = try? directory.entries(path: path.pathText)
            else { continue }
            for entry in entries {
                let bytes = try? ReadBuffer.contents(of: entry.name, under: directory.number)
                let text = String(decoding: bytes ?? [], as: UTF8.self)
                for line in text.split(separator: "\n") where line.hasPrefix("lock:") {
                    // lock: 1: FLOCK  ADVISORY  WRITE 705 00:1c:12 0 EOF
                    for word in line.split(separator: " ") where word.contains(":") {
                        result[String(word)] = pid
                    }
                }
            }
        }
        return result
    }
}
