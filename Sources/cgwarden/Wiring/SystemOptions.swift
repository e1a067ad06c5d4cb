import ArgumentParser
import Hierarchy

/// The options of every command.
struct SystemOptions: ParsableArguments {
    @Option(
        name: .customLong("root"),
        help: ArgumentHelp(
            "Read a captured tree (DIR/proc, DIR/cgroup) instead of this host.",
            valueName: "dir", visibility: .hidden))
    var root: String?

    @Option(
        name: .customLong("cgroup-root"),
        help: ArgumentHelp(
            "Use only cgroup mounts at or below DIR (default: all mounts).",
            valueName: "dir"), completion: .directory)
    var cgroupRoot: String?

    /// The arguments that make another cgwarden process use the same cgroup file systems.
    var cgroupRootArguments: [String] { cgroupRoot.map { ["--cgroup-root", $0] } ?? [] }

    /// Whether the command covers this whole host, as the daemon does.
    var isWholeHost: Bool { root == nil && cgroupRoot == nil }

    var system: SystemRoot {
        var system = root.map { SystemRoot.captured(in: $0) } ?? .live
        system.cgroupRoot = cgroupRoot.map { Array($0.utf8) }
        return system
    }
}
