import Foundation
import Testing

/// Refused actions, in a guest, because a fault would harm the host.
///
/// One shell runs them all, because an emulated guest is slow to start programs.
@Suite(.serialized, .enabled(if: Kernel.isGuest)) struct KernelRefusalTests {
    private static let actions = [
        "freeze", "kill --grace 0s", "pin --cpus 0", "reclaim --all", "remove -r --kill",
    ]

    /// Tries each action on a cgroup; a line for each begins with its exit status.
    private func tries(on path: String) -> String {
        Self.actions.map { action in
            "output=$(\"$1\" \(action) \(path) 2>&1); echo \"$? \(action) $output\"\n"
        }.joined()
    }

    private func expectRefusals(_ output: Substring, _ reason: String) {
        let lines = output.split(separator: "\n")
        #expect(lines.count == Self.actions.count)
        for line in lines {
            #expect(line.hasPrefix("77 ") && line.contains(reason), "\(line)")
        }
    }

    @Test func actionsOnTheCallersCgroupItsAncestorsAndTheRootAreRefused() throws {
        let result = try Program.shell(
            """
            "$1" create /cgwarden-test-own/inner >/dev/null || exit 1
            "$1" move $$ /cgwarden-test-own/inner >/dev/null 2>&1 || exit 1
            \(tries(on: "/cgwarden-test-own/inner"))
            echo ==
            \(tries(on: "/cgwarden-test-own"))
            echo ==
            \(tries(on: "/"))
            "$1" move $$ / >/dev/null 2>&1 || exit 1
            "$1" remove -r /cgwarden-test-own >/dev/null
            """)
        #expect(result.status == 0, "\(result.output)")
        let parts = result.output.split(separator: "==\n")
        try #require(parts.count == 3, "\(result.output)")
        expectRefusals(parts[0], "will not")
        expectRefusals(parts[1], "will not")
        expectRefusals(parts[2], "whole host")
    }

    @Test func actionsOnTheCgroupOfProcess1AreRefused() throws {
        let result = try Program.shell(
            """
            "$1" create /cgwarden-test-first >/dev/null || exit 1
            for file in /sys/fs/cgroup/cgwarden-test-first /sys/fs/cgroup/*/cgwarden-test-first
            do test -e $file/cgroup.procs && echo 1 >$file/cgroup.procs; done
            \(tries(on: "/cgwarden-test-first"))
            for file in /sys/fs/cgroup /sys/fs/cgroup/*
            do test -e $file/cgwarden-test-first && echo 1 >$file/cgroup.procs; done
            "$1" remove /cgwarden-test-first >/dev/null
            """)
        #expect(result.status == 0, "\(result.output)")
        expectRefusals(result.output[...], "init process of this host")
    }

    @Test func doctorReportsTheModeOfTheHost() throws {
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
