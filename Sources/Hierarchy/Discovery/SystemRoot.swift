internal import CgroupModel

/// Where `/proc`, the cgroup mounts and other files are: the real machine, or a captured tree in a
/// directory.
public struct SystemRoot: Hashable, Sendable {
    /// The directory that stands for `/proc`.
    public let proc: [UInt8]
    /// The directory that stands for `/sys/fs/cgroup`; nil on the real machine, where mount points
    /// are taken as they are.
    public let capturedCgroups: [UInt8]?
    /// The directory that stands for `/sys`; nil in a captured tree that has none.
    public let sys: [UInt8]?
    /// The mount point, or the directory of mount points, below which cgroup mounts count; nil for
    /// all.
    public var cgroupRoot: [UInt8]?
    private let files: String

    /// The machine that this process runs on.
    public static let live = SystemRoot(
        proc: Array("/proc".utf8), capturedCgroups: nil, sys: Array("/sys".utf8), files: "")

    /// A captured tree: `DIR/proc` and `DIR/cgroup`; also `DIR/sys` if that was captured, and what
    /// else there is (`DIR/etc`, `DIR/run`, `DIR/var`).
    public static func captured(in directory: String, withSys: Bool = false) -> SystemRoot {
        SystemRoot(
            proc: Array("\(directory)/proc".utf8),
            capturedCgroups: Array("\(directory)/cgroup".utf8),
            sys: withSys ? Array("\(directory)/sys".utf8) : nil, files: directory)
    }

    private init(proc: [UInt8], capturedCgroups: [UInt8]?, sys: [UInt8]?, files: String) {
        self.proc = proc
        self.capturedCgroups = capturedCgroups
        self.sys = sys
        self.files = files
    }

    /// Whether a cgroup file system that is mounted there counts.
    func admits(_ mountPoint: [UInt8]) -> Bool {
        guard let cgroupRoot else { return true }
        return CgroupPath(normalising: mountPoint).isWithin(CgroupPath(normalising: cgroupRoot))
    }

    /// A file below `/proc`.
    public func proc(_ name: String) -> [UInt8] { proc + Array("/\(name)".utf8) }

    /// A file or directory that is neither a process's nor a cgroup's, by its absolute path.
    public func file(_ path: String) -> String { files + path }

    /// Whether this is the real machine.
    public var isLive: Bool { capturedCgroups == nil }

    /// The directory to open for a mount point of mountinfo.
    func directory(of mountPoint: [UInt8]) -> [UInt8] {
        guard let capturedCgroups else { return mountPoint }
        let usual = Array("/sys/fs/cgroup".utf8)
        guard mountPoint.starts(with: usual) else { return mountPoint }
        return capturedCgroups + mountPoint.dropFirst(usual.count)
    }
}
