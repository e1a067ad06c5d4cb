import Foundation
import TestSupport
import Testing

/// The live view over a recording.
@Suite(.serialized, .enabled(if: TerminalSession.isAvailable, LiveScreen.reason))
struct LiveReplayTests {
    /// Samples of a captured tree, 50 ms apart.
    private func recording(_ count: Int) throws -> (folder: ProgramCapture, file: String) {
        let capture = try ProgramCapture("v2")
        let file = capture.root + "/rec"
        let result = try ProgramRun.run(
            ProgramRun.cgwarden,
            [
                "stat", "--root", capture.root, "-i", "50ms", "-n", "\(count)", "--record", file,
            ])
        try #require(result.status == 0, "\(result.errors)")
        return (capture, file)
    }

    private func session(_ file: String, _ arguments: String) throws -> TerminalSession {
        let session = try TerminalSession(
            TerminalSession.cgwarden("top --replay '\(file)' \(arguments)"), columns: 120, rows: 24)
        try session.await("CGroup")
        return session
    }

    @Test func replayStopsAtTheEnd() throws {
        let (folder, file) = try recording(6)
        let session = try session(file, "-d 100ms")
        session.kept = folder
        let lines = try session.await("6 of 6, the end")
        #expect(lines[0].contains("replay of rec"))
        #expect(LiveScreen.names(lines).contains("db.service"))
        Thread.sleep(forTimeInterval: 0.5)
        #expect(try session.screen[0].contains("6 of 6, the end"))
        try session.press("q")
        #expect(try session.status() == 0)
    }

    @Test func depthCountsFromTheTopmostCgroup() throws {
        let (folder, file) = try recording(2)
        let session = try session(file, "-p --depth 1 /user.slice")
        session.kept = folder
        try session.await("the ancestor and one level below") {
            LiveScreen.names($0) == ["/", "user.slice", "user-1000.slice"]
        }
        try session.press("q")
        #expect(try session.status() == 0)
    }

    /// It claimed that the cgroup had none.
    @Test func replayReportsThatItHasNoProcesses() throws {
        let (folder, file) = try recording(2)
        let session = try session(file, "-d 100ms")
        session.kept = folder
        try session.press("z")
        try session.await("a recording has no processes")
        try session.press("z", "q")
        #expect(try session.status() == 0)
    }

    @Test func spacePausesAndStepsGoBothWays() throws {
        let (folder, file) = try recording(8)
        let session = try session(file, "-d 1h --at -10ms")
        session.kept = folder
        try session.await("7 of 8")
        try session.press("Space")
        try session.await("PAUSED  0 of")
        // Earlier frames can be reached by stepping.
        try session.press("[", "[")
        try session.await("PAUSED  2 of")
        try session.press("]", "]", "]")
        try session.await("8 of 8, the end")
        try session.press("]")
        try session.await("this is the newest frame")
        try session.press("Space")
        try session.await("running") { !$0[0].contains("PAUSED") }
        try session.press("q")
        #expect(try session.status() == 0)
    }

    @Test func historyOpensPausedAtTheTimeAndMovesThroughIt() throws {
        let past = try PastRecording(count: 700)
        let session = try TerminalSession(
            TerminalSession.cgwarden(
                "top --history '\(past.path)' --at \(PastRecording.at(400))"), columns: 120,
            rows: 24)
        func awaitTime(_ time: String) throws {
            try session.await("\(time), paused") {
                $0[0].contains("PAUSED") && $0[0].contains(" \(time)")
            }
        }
        try session.await("CGroup")
        try awaitTime("14:20:00")
        let lines = try session.screen
        #expect(lines[0].contains("history  2026-09-21"))
        #expect(lines[22].contains("14:13:20 ──") && lines[22].contains("●"), "\(lines)")
        try session.press("[")
        try awaitTime("14:19:59")
        try session.press("]", "]")
        try awaitTime("14:20:01")
        try session.press("{")
        try awaitTime("14:19:51")
        try session.press("}")
        try awaitTime("14:20:01")
        // Before what was loaded at first.
        try session.press("g")
        try session.type("14:13:25")
        try session.press("Enter")
        try awaitTime("14:13:25")
        try session.press("[")
        try awaitTime("14:13:24")
        try session.press("g")
        try session.type("-1h")
        try session.press("Enter")
        try session.await("the history begins at 2026-09-21 14:13:20")
        try session.press("g")
        try session.type("soon")
        try session.press("Enter")
        try session.await("no time: soon")
        try session.press("q")
        #expect(try session.status() == 0)
    }

    @Test func eventKeysGoFromEventToEvent() throws {
        let past = try PastRecording()
        let session = try TerminalSession(
            TerminalSession.cgwarden(
                "top --history '\(past.path)' --at \(PastRecording.at(10))"), columns: 120,
            rows: 24)
        try session.await("two marks in the time bar") { lines in
            lines[22].count { $0 == "┴" } == 2
        }
        func press(_ key: String, _ time: String, _ event: String) throws {
            try session.press(key)
            try session.await("\(event) at \(time)") {
                $0[0].contains(" \(time)") && $0[23].contains(event)
            }
        }
        try press("n", "14:13:50", "changed /a")
        try press("n", "14:15:00", "oom-kill /a")
        try press("n", "14:15:00", "no later event")
        try press("N", "14:13:50", "changed /a")
        try press("N", "14:13:50", "no earlier event")
        try session.press("e")
        try session.await("the list") { $0.contains { $0.contains("oom-kill /a") } }
        try session.press("e", "q")
        #expect(try session.status() == 0)
    }

    @Test func periodsShowTheirPeakOrMean() throws {
        let past = try ThinnedPast()
        let session = try TerminalSession(
            TerminalSession.cgwarden(
                "top --history '\(past.path)' --at \(PastRecording.at(65)) -p"),
            columns: 120, rows: 24)
        func awaitMemory(_ text: String, _ place: String) throws {
            try session.await("\(text), \(place)") { lines in
                lines[0].contains(place)
                    && lines.contains { $0.hasPrefix("└─ a ") && $0.contains(" \(text) ") }
            }
        }
        try awaitMemory("1.0M", "last of 10s")
        try session.press("v")
        try awaitMemory("10.0M", "peak of 10s")
        try session.press("v")
        try awaitMemory("1.9M", "mean of 10s")
        try session.press("v")
        try awaitMemory("1.0M", "last of 10s")
        try session.press("q")
        #expect(try session.status() == 0)
    }

    @Test func stepBeyondTheNewestResumes() throws {
        let (folder, file) = try recording(4)
        let session = try session(file, "-d 1h")
        session.kept = folder
        try session.await("1 of 4")
        try session.press("Space", "]", "]")
        try session.await("3 of 4")
        try session.press("q")
        #expect(try session.status() == 0)
    }
}
