import Foundation
import Testing

/// What the program refuses; these would harm a machine that it got wrong, so a guest has to do.
@Suite(.serialized, .enabled(if: Kernel.isGuest)) struct KernelRefusalTests {
    private static let actions = [
        "freeze", "kill --grace 0s", "pin --cpus 0", "reclaim --all", "remove -r --kill",
    ]

    /// Runs a script that has made itself a cgroup below `/cgwarden-test-own`, in all trees.
    private func inOwnCgroup(_ action: String, on path: String) throws -> (Int32, String) {
        let result = try Program.shell(
            """
            "$1" create /cgwarden-test-own/inner >/dev/null || exit 1
            "$1" move $$ /cgwarden-test-own/inner >/dev/null || exit 1
            "$1" \(action) \(path)
            status=$?
            "$1" move $$ / >/dev/null || exit 1
            "$1" remove -r /cgwarden-test-own >/dev/null || exit 1
            exit $status
            """)
        return (result.status, result.output)
    }

    @Test(arguments: actions)
    func ownCgroup(_ action: String) throws {
        let (status, output) = try inOwnCgroup(action, on: "/cgwarden-test-own/inner")
        #expect(status == 77, "\(output)")
        #expect(output.contains("will not"))
    }

    @Test(arguments: actions)
    func ancestorOfOwnCgroup(_ action: String) throws {
        let (status, output) = try inOwnCgroup(action, on: "/cgwarden-test-own")
        #expect(status == 77, "\(output)")
        #expect(output.contains("will not"))
    }

    @Test(arguments: actions)
    func root(_ action: String) throws {
        let result = try Program.shell("\"$1\" \(action) /")
        #expect(result.status == 77, "\(result.output)")
        #expect(result.output.contains("whole machine"))
    }

    @Test(arguments: actions)
    func theFirstProcess(_ action: String) throws {
        let result = try Program.shell(
            """
            "$1" create /cgwarden-test-first >/dev/null || exit 1
            for file in /sys/fs/cgroup/cgwarden-test-first /sys/fs/cgroup/*/cgwarden-test-first
            do test -e $file/cgroup.procs && echo 1 >$file/cgroup.procs; done
            "$1" \(action) /cgwarden-test-first
            status=$?
            for file in /sys/fs/cgroup /sys/fs/cgroup/*
            do test -e $file/cgwarden-test-first && echo 1 >$file/cgroup.procs; done
            "$1" remove /cgwarden-test-first >/dev/null || exit 1
            exit $status
            """)
        #expect(result.status == 77, "\(result.output)")
        #expect(result.output.contains("first process of this machine"))
    }

    @Test func whatTheProgramSaysOfItself() throws {
        let result = try Program.shell("\"$1\" doctor --json")
        #expect(result.status == 0)
        let json = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
        let object = try #require(json as? [String: Any])
        let mode = ["v1": "legacy", "v2": "unified", "hybrid": "hybrid"]
        let wanted = ProcessInfo.processInfo.environment["CGWARDEN_REQUIRE_CGROUPS"] ?? ""
        #expect(object["mode"] as? String == mode[wanted])
        let commands = try #require(object["commands"] as? [[String: Any]])
        #expect(commands.contains { $0["command"] as? String == "freeze, thaw" })
    }
}
