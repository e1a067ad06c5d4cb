package import CgroupModel
package import Hierarchy
package import KernelIO

/// An open directory of one cgroup in one hierarchy.
///
/// Actions affect exactly this cgroup, even if another one is created at its path later.
package final class CgroupDirectory: Sendable {
    /// The hierarchy it is in.
    package let hierarchy: MountedHierarchy
    /// The path when it was opened.
    package let path: CgroupPath
    /// The inode, which identifies the cgroup in this hierarchy.
    package let inode: UInt64
    /// The device of the hierarchy, which all its mounts share.
    var device: UInt64 { descriptor.device }
    let descriptor: OwnedDescriptor

    /// Opens the directory; throws if it does not exist or if a mount covers it.
    package init(_ path: CgroupPath, in hierarchy: MountedHierarchy) throws(IOError) {
        self.hierarchy = hierarchy
        self.path = path
        let opened = try hierarchy.open(path)
        inode = opened.inode
        descriptor = opened
    }

    /// Opens the directory of a cgroup; nil if there is none.
    ///
    /// Throws if that is unknown.
    static func existing(
        _ path: CgroupPath, in hierarchy: MountedHierarchy
    ) throws(IOError) -> CgroupDirectory? {
        do throws(IOError) {
            return try CgroupDirectory(path, in: hierarchy)
        } catch {
            if error.isGone { return nil }
            throw error
        }
    }

    /// Whether a path has no cgroup; false if that is unknown.
    static func isKnownAbsent(_ path: CgroupPath, in hierarchy: MountedHierarchy) -> Bool {
        do throws(IOError) {
            return try existing(path, in: hierarchy) == nil
        } catch {
            return false
        }
    }

    /// Reads the bytes of an interface file.
    package func read(_ name: String) throws(IOError) -> [UInt8] {
        try ControlFile.read(hierarchy.fileName(name), in: descriptor)
    }

    /// Reads the text of an interface file without its trailing newline.
    package func text(_ name: String) throws(IOError) -> String {
        var bytes = try read(name)
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The v2 limits whose decrease may make the kernel reclaim memory in the writer's context.
    private static let reclaiming: Set = ["memory.high", "memory.max"]
    /// The longest wait for this reclaim.
    private static let patience = Duration.seconds(5)

    /// Writes a value with one write(2).
    ///
    /// A new memory limit is in force at once; the kernel reclaims the excess inside write(2). The
    /// call waits at most 5 s for this reclaim.
    package func write(_ value: String, to name: String) throws(IOError) {
        guard Self.reclaiming.contains(name) else {
            return try ControlFile.write(value, to: hierarchy.fileName(name), in: descriptor)
        }
        do throws(IOError) {
            try ControlFile.write(value, to: name, in: descriptor, within: Self.patience)
        } catch {
            guard error.isTimedOut, let now = try? text(name),
                PageRounding.isSame(now, written: value)
            else { throw error }
        }
    }

    /// Whether the path still refers to this cgroup; throws if that is unknown.
    package func isCurrent() throws(IOError) -> Bool {
        try Self.existing(path, in: hierarchy)?.inode == inode
    }

    /// Whether the path no longer refers to this cgroup; false if that is unknown.
    package var isKnownGone: Bool { (try? isCurrent()) == false }

    /// Returns its processes, including those with only some threads in it.
    ///
    /// In a threaded cgroup, which lists only threads, their processes are looked up.
    package func processes() throws(IOError) -> [Int32] {
        do throws(IOError) {
            return ProcessIDs.parse(try read("cgroup.procs"))
        } catch {
            // EOPNOTSUPP: a threaded cgroup, which lists only threads.
            guard error.isUnsupported else { throw error }
            let reader = ProcessReader(.live)
            let threads = ProcessIDs.parse(try read("cgroup.threads"))
            // 0 is a process of another PID namespace.
            return Set(threads.compactMap { $0 == 0 ? 0 : reader.process(of: $0) }).sorted()
        }
    }
}
