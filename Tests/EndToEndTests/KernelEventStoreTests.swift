import CgroupModel
import Events
import Foundation
import KernelIO
import TestSupport
import Testing

@testable import Service

/// The events that a daemon keeps, and what commands and clients make of them.
@Suite(.serialized, .enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroups"))
struct KernelEventStoreTests {
    private static let policy = "defaults: {interval: 100ms}\n"

    /// The kinds and paths that `cgwarden events` prints below a cgroup.
    private func events(
        _ places: DaemonPlaces, _ arguments: String...
    ) throws -> [(kind: String, path: String)] {
        let result = try places.command(["events", "--json"] + arguments)
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
        return try JSONText.objects(result).map {
            ($0["kind"] as? String ?? "", $0["path"] as? String ?? "")
        }
    }

    /// A cgroup that the daemon has seen come and go.
    private func life(_ daemon: RunningDaemon) throws -> String {
        let cgroup = try ProgramCgroup()
        try awaiting("the birth") {
            try !events(daemon.places, "--kind", "born", "--cgroup", cgroup.path).isEmpty
        }
        cgroup.remove()
        try awaiting("the death") {
            try !events(daemon.places, "--kind", "died", "--cgroup", cgroup.path).isEmpty
        }
        return cgroup.path
    }

    @Test func eventsOfADaemonAreShownAfterItsCrash() throws {
        let daemon = try RunningDaemon(Self.policy)
        try daemon.awaitSample()
        let first = try life(daemon)
        daemon.run.send(SIGKILL)
        _ = try daemon.run.result()
        let next = try RunningDaemon(daemon.places)
        try next.awaitSample()
        let second = try life(next)
        let found = try events(daemon.places, "--kind", "born,died")
            .filter { [first, second].contains($0.path) }
        #expect(found.map(\.path) == [first, first, second, second])
        #expect(found.map(\.kind) == ["born", "died", "born", "died"])
        #expect(try events(daemon.places, "-n", "1", "--cgroup", first).map(\.kind) == ["died"])
        let soon = try events(daemon.places, "--until", "-1h")
        #expect(soon.isEmpty)
        // The numbers continue, so that a reader of the stream can, too.
        let answer = try next.server.get("/api/v1/events?cgroup=/cgwarden-test-*")
        let object = try JSONText.object(answer.text)
        let all = try #require(object["events"] as? [[String: Any]])
        let serials = all.compactMap { $0["serial"] as? Int }
        #expect(Set(all.compactMap { $0["path"] as? String }).isSuperset(of: [first, second]))
        #expect(zip(serials, serials.dropFirst()).allSatisfy { $0 < $1 })
        #expect(try next.end().status == 0)
    }

    @Test func eventsOfADaemonAreShownAfterItsEnd() throws {
        let daemon = try RunningDaemon(Self.policy)
        try daemon.awaitSample()
        let path = try life(daemon)
        #expect(try daemon.end().status == 0)
        for words in [[], ["-n", "2"], ["--since", "-1h"]] {
            let result = try daemon.places.command(
                ["events", "--json", "--kind", "born,died", "--cgroup", path] + words)
            #expect(result.status == 0, "\(result.errors)")
            let kinds = try JSONText.objects(result).map { $0["kind"] as? String }
            #expect(kinds == ["born", "died"], "\(words)")
            #expect(result.errorLines.count == 1, "\(result.errors)")
            #expect(result.errors.contains("no daemon runs; showing the events stored on disk"))
        }
    }

    @Test func followingShowsWhatTheDaemonFindsAndOutlivesIt() throws {
        let daemon = try RunningDaemon(Self.policy)
        try daemon.awaitSample()
        let past = try life(daemon)
        let follower = try ProgramRun(
            ProgramRun.cgwarden,
            [
                "events", "--follow", "--json", "--since", "-1h", "--cgroup", "/cgwarden-test-*",
                "--kind", "born,died",
            ],
            environment: ["CGWARDEN_STATE_DIRECTORY": daemon.places.state], input: nil)
        try awaiting("the past; it said: \(follower.errors)") {
            follower.output.contains(past)
        }
        let present = try life(daemon)
        try awaiting("the present") { follower.output.contains(present) }
        #expect(try daemon.end().status == 0)
        try awaiting("the line about the daemon") {
            follower.errors.contains("waiting for the daemon")
        }
        let next = try RunningDaemon(daemon.places)
        try next.awaitSample()
        let later = try life(next)
        try awaiting("what came after") { follower.output.contains(later) }
        follower.send(SIGTERM)
        let result = try follower.result()
        #expect(result.errorLines.count == 1, "\(result.errors)")
        for path in [past, present, later] {
            let kinds = try result.lines.map { try JSONText.object($0) }
                .filter { $0["path"] as? String == path }.compactMap { $0["kind"] as? String }
            #expect(kinds == ["born", "died"], "\(path)")
        }
        #expect(try next.end().status == 0)
    }

    /// One old event of a quiet class stays in memory while newer ones of a storm leave it.
    @Test func eventsThatLeftMemoryAreStillShown() throws {
        let places = try DaemonPlaces(Self.policy)
        let file = "\(places.folder)/events"
        do {
            var journal = EventJournal(file, PartBounds())
            let cgroup = EventCgroup(CgroupPath("/cgwarden-test-gone"))
            let start = MonotonicClock.wallMicroseconds - 60_000_000
            for serial in 1...25_000 as ClosedRange<UInt64> {
                let time = EventTime(wall: start + serial, boot: serial)
                let event = Event(serial == 1 ? .died : .limitHit, time, cgroup)
                journal.append([StoredEvent(serial, event).encoded], at: time.wall)
            }
        }
        try places.write(
            "audit: {journald: false}\nevents: {journal: \"\(file)\"}\n", to: places.config)
        let daemon = try RunningDaemon(places)
        // Cgroups of others end meanwhile.
        let found = try events(
            places, "--kind", "died,limit-hit", "--cgroup", "/cgwarden-test-gone")
        #expect(found.count == 25_000)
        #expect(try daemon.end().status == 0)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can mount a full disk"))
    func fullDiskStopsTheJournalButNotTheDaemon() throws {
        let disk = try FullDisk()
        let places = try DaemonPlaces(Self.policy)
        try places.write(
            "audit: {journald: false}\nevents: {journal: \"\(disk.file)\"}\n", to: places.config)
        let daemon = try RunningDaemon(places)
        try daemon.awaitSample()
        let cgroup = try ProgramCgroup()
        try awaiting("the line") { daemon.run.errors.contains("kept in memory only") }
        #expect(daemon.run.errors.contains("No space left"))
        let shown = try awaiting("the event") {
            let shown = try places.command(["events", "--json", "--cgroup", cgroup.path])
            return shown.lines.isEmpty ? nil : shown
        }
        #expect(shown.errors.contains("keeps events in memory only: "), "\(shown.errors)")
        #expect(shown.errors.contains("No space left"))
        try daemon.awaitSample()
        #expect(try daemon.end().status == 0)
    }

    @Test func withoutADaemonOneLineSaysSo() throws {
        let places = try DaemonPlaces(Self.policy)
        let cgroup = try ProgramCgroup()
        let follower = try ProgramRun(
            ProgramRun.cgwarden,
            ["events", "--follow", "-i", "100ms", "-n", "1", "--kind", "born"],
            environment: ["CGWARDEN_STATE_DIRECTORY": places.state], input: nil)
        var marks = [cgroup]
        try awaiting("a birth; it said: \(follower.errors)") {
            marks.append(try ProgramCgroup())
            Thread.sleep(forTimeInterval: 0.2)
            return !follower.isRunning
        }
        let result = try follower.result()
        let lines = result.errorLines.filter { !$0.contains("kmsg") }
        #expect(lines.count == 1 && lines[0].contains("showing the events from now on"))
    }

    /// The audit log and the event are of the same action.
    @Test func policyActionsAreEvents() throws {
        let cgroup = try ProgramCgroup()
        let daemon = try RunningDaemon(
            """
            defaults: {interval: 100ms}
            groups: {g: {path: "\(cgroup.path)"}}
            limits: [{on: g, set: {pids.max: 99}}]

            """)
        let shown = try awaiting("the action") {
            try JSONText.objects(
                daemon.ask("events", "--json", "--kind", "action", "--cgroup", cgroup.path)
            ).first
        }
        #expect(shown["action"] as? String == "set" && shown["result"] as? String == "done")
        #expect(shown["change"] as? String == "pids.max=99")
        #expect(shown["by"] as? String == "limits[0] of g")
        #expect(try daemon.metric("cgwarden_events_total{kind=\"action\"}") ?? 0 >= 1)
        #expect(try daemon.end().status == 0)
        #expect(daemon.places.records.contains { $0["action"] as? String == "set" })
    }

    /// How often a thread has begun to wait.
    private func waits(_ daemon: RunningDaemon, thread: String) throws -> Int {
        let tasks = "/proc/\(daemon.run.pid)/task"
        for task in try FileManager.default.contentsOfDirectory(atPath: tasks) {
            let status = try String(contentsOfFile: "\(tasks)/\(task)/status", encoding: .utf8)
            let lines = status.split(separator: "\n")
            guard lines.contains("Name:\t\(thread)") else { continue }
            let count = lines.first { $0.hasPrefix("voluntary_ctxt_switches:") }
            return try #require(count?.split(separator: "\t").last.flatMap { Int($0) })
        }
        throw ProgramTrouble("no thread \(thread)")
    }

    /// Others may write limits or kill meanwhile, so one quiet second is enough.
    @Test func theSearchForEventsWakesForNewsOnly() throws {
        let daemon = try RunningDaemon("defaults: {interval: 5s}\n")
        try awaiting("a second without news") {
            let before = try waits(daemon, thread: "events")
            Thread.sleep(forTimeInterval: 1)
            return try waits(daemon, thread: "events") - before <= 1
        }
        #expect(try daemon.end().status == 0)
    }

    private static let hasTriggers = FileManager.default.isReadableFile(
        atPath: "/proc/pressure/cpu")

    /// Three busy tasks for each CPU wait most of the time.
    @Test(.enabled(if: hasTriggers, "the kernel has no pressure files"))
    func pressureOnTheHostIsAnEvent() throws {
        let daemon = try RunningDaemon(Self.policy)
        try daemon.awaitSample()
        let busy = try ProgramCgroup()
        let members = try (0..<3 * ProcessInfo.processInfo.activeProcessorCount).map { _ in
            try busy.start("echo ready; while :; do :; done")
        }
        func states() throws -> [String] {
            try JSONText.objects(daemon.ask("events", "--json", "--kind", "pressure"))
                .filter { $0["path"] == nil && $0["resource"] as? String == "cpu" }
                .compactMap { $0["state"] as? String }
        }
        defer { for member in members { member.send(SIGKILL) } }
        try awaiting("the beginning") { try states().contains("begin") }
        #expect(try daemon.end().status == 0)
    }
}
