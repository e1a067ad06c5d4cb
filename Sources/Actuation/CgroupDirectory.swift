public import CgroupModel
public import Hierarchy
public import KernelIO

/// One cgroup's directory in one hierarchy, held open: what is done to it is done to this very
/// cgroup, even if its path is removed and made anew meanwhile.
public final class CgroupDirectory: Sendable {
    /// The tree it is in.
    public let hierarchy: MountedHierarchy
    /// Where it stands.
    public let path: CgroupPath
    /// Its identity in this tree.
    public let inode: UInt64
    /// The tree's own identity, which its mounts share.
    var device: UInt64 { descriptor.device }
    let descriptor: OwnedDescriptor

    /// Opens the directory; throws if there is none, or if a mount covers it.
    public init(_ path: CgroupPath, in hierarchy: MountedHierarchy) throws(IOError) {
        self.hierarchy = hierarchy
        self.path = path
        let opened = try hierarchy.open(path)
        inode = opened.inode
        descriptor = opened
    }

    /// The bytes of an interface file.
    public func read(_ name: String) throws(IOError) -> [UInt8] {
        try ControlFile.read(hierarchy.fileName(name), in: descriptor)
    }

    /// The text of an interface file without its last newline.
    public func text(_ name: String) throws(IOError) -> String {
        var bytes = try read(name)
        if bytes.last == 0x0a { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The limits of v2 that the kernel may reclaim for, in the writer's time, when they are lowered.
    private static let reclaiming: Set = ["memory.high", "memory.max"]
    /// How long that is waited for.
    private static let patience = Duration.seconds(5)

    /// Writes a value with one write(2).
    ///
    /// A limit of memory is in force before the kernel has reclaimed what is above it, which is not
    /// waited for longer than 5 s.
    public func write(_ value: String, to name: String) throws(IOError) {
        guard Self.reclaiming.contains(name) else {
            return try ControlFile.write(value, to: hierarchy.fileName(name), in: descriptor)
        }
        do throws(IOError) {
            try ControlFile.write(value, to: name, in: descriptor, within: Self.patience)
        } catch {
            guard error.isTimedOut, let now = try? text(name), Self.isRounded(now, of: value)
            else { throw error }
        }
    }

    /// Whether a limit is the one that was wanted, but for what does not fill a page.
    private static func isRounded(_ now: String, of wanted: String) -> Bool {
        guard let got = UInt64(now), let asked = UInt64(wanted) else { return now == wanted }
        return got <= asked && asked - got < 65536
    }

    /// Whether the path still leads to this cgroup.
    public var isCurrent: Bool {
        let now = try? CgroupDirectory(path, in: hierarchy)
        return now?.inode == inode
    }

    /// The processes in it, also those of which it holds but a thread.
    public func processes() throws(IOError) -> [Int32] {
        do throws(IOError) {
            return ProcessIDs.parse(try read("cgroup.procs"))
        } catch {
            // EOPNOTSUPP: a threaded cgroup, which lists only its threads.
            guard error.isUnsupported else { throw error }
            let reader = ProcessReader(.live)
            let threads = ProcessIDs.parse(try read("cgroup.threads"))
            return Set(threads.compactMap { $0 == 0 ? 0 : reader.process(of: $0) }).sorted()
        }
    }
}
