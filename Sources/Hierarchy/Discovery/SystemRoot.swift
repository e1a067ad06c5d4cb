internal import CgroupModel
internal import KernelIO

/// The locations of `/proc`, the cgroup mounts and other files: the live host, or a captured tree
/// in a directory.
package struct SystemRoot: Hashable, Sendable {
    /// The directory to use as `/proc`.
    package let proc: [UInt8]
    /// The directory to use as `/sys/fs/cgroup`; nil on the live host, which uses mount points
    /// unchanged.
    package let capturedCgroups: [UInt8]?
    /// The directory to use as `/sys`; nil if a captured tree has none.
    package let sys: [UInt8]?
    /// The directory at or below which cgroup mounts are used; nil for all mounts.
    package var cgroupRoot: [UInt8]?
    private let files: String

    /// The host that this process runs on.
    package static let live = SystemRoot(
        proc: Array("/proc".utf8), capturedCgroups: nil, sys: Array("/sys".utf8), files: "")

    /// A captured tree: `DIR/proc` and `DIR/cgroup`, optionally `DIR/sys`, and other files under
    /// `DIR`.
    package static func captured(in directory: String, withSys: Bool = false) -> SystemRoot {
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

    /// Whether a cgroup file system at this mount point is used.
    func admits(_ mountPoint: [UInt8]) -> Bool {
        guard let cgroupRoot else { return true }
        return CgroupPath(normalising: mountPoint).isWithin(CgroupPath(normalising: cgroupRoot))
    }

    /// The path of a file in `/proc`.
    package func proc(_ name: String) -> [UInt8] { proc + Array("/\(name)".utf8) }

    /// The path of a file outside `/proc` and the cgroup mounts, given by its absolute path.
    package func file(_ path: String) -> String { files + path }

    /// Whether this is the live host.
    package var isLive: Bool { capturedCgroups == nil }

    /// The name of the host; nil if the file is missing.
    package var hostName: String? {
        (try? ReadBuffer.contents(of: proc("sys/kernel/hostname")))?.firstWord.onOneLine
    }

    /// The directory to open for a mount point in mountinfo.
    func directory(of mountPoint: [UInt8]) -> [UInt8] {
        guard let capturedCgroups else { return mountPoint }
        let usual = Array("/sys/fs/cgroup".utf8)
        guard CgroupPath(normalising: mountPoint).isWithin(CgroupPath(normalising: usual)) else {
            return mountPoint
        }
        return capturedCgroups + mountPoint.dropFirst(usual.count)
    }
}
