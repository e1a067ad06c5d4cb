import Foundation
import TestSupport
import Testing

/// The orderly stop of the daemon, and its exit status.
@Suite(
    .serialized, .enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelDaemonEndTests {
    /// With 1,000 pending limits it set 360 more after SIGTERM, and ended with status 0 while 976 were
    /// still set.
    @Test func stoppingDaemonDropsPendingLimitsAndRestoresOthers() throws {
        let top = try ProgramCgroup("-many")
        let count = RunningDaemon.isInGuest ? 60 : 400
        let children = try (0..<count).map {
            try ProgramCgroup(bytes: Array("c\($0)".utf8), below: top)
        }
        let place = try #require(children[0].directory(of: "pids"))
        defer { children.forEach { $0.remove() } }
        func text(_ index: Int) -> String {
            let file = (children[index].directory(of: "pids") ?? place) + "/pids.max"
            let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
            return text.trimmingCharacters(in: .newlines)
        }
        let daemon = try RunningDaemon(
            """
            groups: {g: {path: "\(top.path)/*", populated: any}}
            limits: [{on: g, set: {pids.max: 321}}]
            """)
        try awaiting("the first limits are set") {
            (0..<count).contains { text($0) == "321" }
        }
        let ended = try daemon.end()
        #expect(ended.status == 0, "\(ended.errors)")
        #expect((0..<count).filter { text($0) != "max" } == [])
        #expect(try daemon.ask("restore").output == "nothing to undo\n")
    }

    /// v1 refuses a quota that is below a child's.
    @Test(
        .enabled(
            if: ProgramCgroup.trees.contains { $0.options.contains("cpu") }, "it needs cpu of v1"))
    func exitStatusIs75IfSomethingWasNotRestored() throws {
        let outer = try ProgramCgroup("-quota")
        let inner = try ProgramCgroup(bytes: Array("inner".utf8), below: outer)
        let quota = "cpu.cfs_quota_us"
        let (above, below) = (
            "\(try #require(outer.directory(of: "cpu")))/\(quota)",
            "\(try #require(inner.directory(of: "cpu")))/\(quota)"
        )
        func write(_ text: String, _ file: String) throws {
            try Data(text.utf8).write(to: URL(filePath: file))
        }
        try write("20000", above)
        let daemon = try RunningDaemon(
            """
            groups: {g: {path: "\(outer.path)", populated: any}}
            limits: [{on: g, set: {cpu.max: 2cpus}}]
            """)
        try awaiting("the limit is set") {
            (try? String(contentsOfFile: above, encoding: .utf8)) == "200000\n"
        }
        try write("100000", below)
        let ended = try daemon.end()
        #expect(ended.status == 75, "\(ended.errors)")
        #expect(ended.errors.contains("not everything could be restored"), "\(ended.errors)")
        try write("-1", below)
        try awaiting("the guardian has ended") { daemon.places.guardian == nil }
        #expect(try daemon.ask("restore").status == 0)
        #expect(try String(contentsOfFile: above, encoding: .utf8) == "20000\n")
    }
}
