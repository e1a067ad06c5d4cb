import Foundation
import Glibc
import TestSupport
import Testing

/// Many new cgroups under one standing limit: twice as many cost twice as much.
///
/// What is compared is the daemon's own CPU time, measured in the same run.
@Suite(
    .serialized, .enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"),
    .disabled(if: RunningDaemon.isInGuest, "a guest takes too long for so many"))
struct KernelDaemonLoadTests {
    /// CPU time in seconds, of limiting and of putting back.
    private func cost(_ count: Int) throws -> (limiting: Double, restoring: Double) {
        let parent = try ProgramCgroup("-many")
        let place = try #require(parent.directory(of: "pids"))
        let daemon = try RunningDaemon(
            """
            defaults: {interval: 500ms}
            groups: {g: {path: "\(parent.path)/*", populated: false}}
            limits: [{on: g, set: {pids.max: 50}}]

            """)
        let names = (0..<count).map { "\(place)/job\($0)" }
        defer { for name in names { unsafe rmdir(name) } }
        let start = try cpu(daemon.run.pid)
        for name in names { #expect(unsafe mkdir(name, 0o755) == 0) }
        func pids(_ name: String) -> String? {
            try? String(contentsOfFile: "\(name)/pids.max", encoding: .utf8)
        }
        var left = names[...]
        try awaiting("all \(count) are limited", seconds: 300) {
            left = left.drop { pids($0) == "50\n" }
            return left.isEmpty
        }
        let middle = try cpu(daemon.run.pid)
        daemon.run.send(SIGTERM)
        var end = middle
        try awaiting("it has ended", seconds: 300) {
            end = (try? cpu(daemon.run.pid)) ?? end
            return !daemon.run.isRunning
        }
        #expect(try daemon.run.result().status == 0)
        #expect(names.allSatisfy { pids($0) == "max\n" })
        #expect(try daemon.ask("restore").output == "nothing to undo\n")
        return (middle - start, end - middle)
    }

    private func cpu(_ pid: Int32) throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        let words = text.components(separatedBy: ") ")[1].split(separator: " ")
        return Double((Int(words[11]) ?? 0) + (Int(words[12]) ?? 0)) / 100
    }

    @Test func costOfNewCgroupsGrowsLinearly() throws {
        let once = try cost(400)
        let twice = try cost(800)
        print("standing limit on 400 and 800 new cgroups: \(once), \(twice) s of CPU")
        #expect(twice.limiting < 3 * once.limiting)
        #expect(twice.restoring < 3 * once.restoring)
    }
}
