import Foundation
import TestSupport
import Testing

/// A cgroup on which another file system is mounted, in a mount namespace of its own.
@Suite(
    .enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"),
    .enabled(if: ProgramRun.isInstalled("unshare"), "unshare is not installed"))
struct KernelCoveredTests {
    @Test(arguments: [["kill"], ["freeze", "--timeout", "5s"]])
    func actionOnACoveredCgroupIsRefused(action: [String]) throws {
        let cgroup = try ProgramCgroup("-covered")
        let member = try cgroup.start("echo ready; read line")
        defer { member.send(SIGKILL) }
        let places = ProgramCgroup.trees.map { $0.mountPoint + cgroup.path }
        let script = """
            for place in \(places.joined(separator: " ")); do
                mount -t tmpfs none "$place" || exit 99
                echo 1 >"$place/cgroup.procs"
            done
            exec "$@"
            """
        let result = try ProgramRun.run(
            "unshare",
            ["--mount", "--propagation", "private", "sh", "-c", script, "sh", ProgramRun.cgwarden]
                + action + [cgroup.path])
        #expect(result.status == 77, "\(result.output)\(result.errors)")
        #expect(result.errors.contains("a mount covers it"), "\(result.errors)")
        #expect(member.isRunning)
    }
}
