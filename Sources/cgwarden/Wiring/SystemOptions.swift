import ArgumentParser
import Hierarchy

/// The options of every command.
struct SystemOptions: ParsableArguments {
    @Option(
        name: .customLong("root"),
        help: ArgumentHelp(
            "Look at a captured tree (DIR/proc and DIR/cgroup) instead of this machine.",
            valueName: "dir", visibility: .hidden))
    var root: String?

    @Option(
        name: .customLong("cgroup-root"),
        help: ArgumentHelp(
            "Use only the cgroup file systems mounted at DIR or below it (default: of each the "
                + "mount that shows most).",
            valueName: "dir"), completion: .directory)
    var cgroupRoot: String?

    /// The arguments that make another cgwarden process use the same cgroup file systems.
    var cgroupRootArguments: [String] { cgroupRoot.map { ["--cgroup-root", $0] } ?? [] }

    var system: SystemRoot {
        var system = root.map { SystemRoot.captured(in: $0) } ?? .live
        system.cgroupRoot = cgroupRoot.map { Array($0.utf8) }
        return system
    }
}
