import Foundation
import TestSupport
import Testing

/// The live view and the terminal: sizes, colors, and how it is left.
@Suite(.serialized, .enabled(if: TerminalSession.isAvailable, LiveScreen.reason))
struct LiveTerminalTests {
    private func expectSane(_ session: TerminalSession) throws {
        #expect(session.settings.before == session.settings.after)
        #expect(session.settings.before.contains(" echo "))
        #expect(try session.variable("alternate_on") == "0")
        #expect(try session.variable("cursor_flag") == "1")
        #expect(session.errors.isEmpty, "\(session.errors)")
    }

    @Test(arguments: ["q", "F10"]) func quittingRestoresTheTerminal(_ key: String) throws {
        let session = try LiveScreen.captured(try ProgramCapture("v2"))
        #expect(try session.variable("alternate_on") == "1")
        try session.press(key)
        #expect(try session.status() == 0)
        try expectSane(session)
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP]) func signalRestoresTheTerminal(_ signal: Int32)
        throws
    {
        let session = try LiveScreen.captured(try ProgramCapture("v2"))
        kill(try session.pid(), signal)
        #expect(try session.status() == 0)
        try expectSane(session)
    }

    /// Without its terminal it exits, instead of spinning.
    @Test func lostTerminalEndsTheView() throws {
        var session: TerminalSession? = try LiveScreen.captured(try ProgramCapture("v2"))
        let pid = try #require(try session?.pid())
        session = nil
        try awaiting("it has ended") { kill(pid, 0) != 0 }
    }

    @Test func resizeRedrawsTheScreen() throws {
        let session = try LiveScreen.captured(try ProgramCapture("v2"))
        for (columns, rows) in [(200, 50), (80, 24), (250, 60), (100, 30)] {
            try session.resize(columns: columns, rows: rows)
            let screen = try session.await("a table of \(columns) columns") { lines in
                lines.contains {
                    $0.hasPrefix("CGroup") && $0.hasSuffix("State")
                        && $0.contains("PSIm") == (columns >= 120)
                        && LiveScreen.width($0) > min(columns, 130) - 12
                        && LiveScreen.width($0) <= columns
                }
                    && lines.count >= rows && lines[rows - 1].contains("Help")
            }
            #expect(LiveScreen.isAligned(screen), "\(screen)")
            #expect(LiveScreen.names(screen).count == 9)
        }
        try session.press("q")
        #expect(try session.status() == 0)
    }

    @Test func tooSmallTerminalIsReported() throws {
        let capture = try ProgramCapture("v2")
        let session = try TerminalSession(
            TerminalSession.cgwarden("top --root '\(capture.root)'"), columns: 30, rows: 5)
        try session.await("too small")
        try session.resize(columns: 80, rows: 24)
        try session.await("CGroup")
        try session.resize(columns: 30, rows: 5)
        try session.await("too small")
        try session.press("q")
        #expect(try session.status() == 0)
    }

    @Test(arguments: [("nonesuch", "is unknown"), ("", "not set"), ("dumb", "move its cursor")])
    func unknownTerminalIsReported(_ name: String, _ words: String) throws {
        let session = try TerminalSession("TERM='\(name)' " + TerminalSession.cgwarden("top"))
        #expect(try session.status() == 69)
        #expect(session.errors.split(separator: "\n").count == 1)
        #expect(session.errors.contains(words) && session.errors.contains("--batch"))
        #expect(session.settings.before == session.settings.after)
    }

    @Test func colorsFollowTheTerminal() throws {
        let capture = try ProgramCapture("v2")
        func hasColors(_ variables: String) throws -> Bool {
            let session = try TerminalSession(
                "\(variables) " + TerminalSession.cgwarden("top --root '\(capture.root)'"))
            try session.await("db.service")
            let pattern = "\u{1b}\\[([0-9]+;)*(3[0-8]|4[0-8]|9[0-7])[;m]"
            return try session.styledScreen.range(of: pattern, options: .regularExpression) != nil
        }
        #expect(try hasColors("TERM=screen-256color"))
        #expect(try !hasColors("TERM=screen-256color NO_COLOR=1"))
        #expect(try !hasColors("TERM=vt100"))
    }

    @Test func withoutATerminalThreeSamplesArePrinted() throws {
        let capture = try ProgramCapture("v2")
        let result = try ProgramRun.cgwarden("top", "-d", "20ms", "--root", capture.root)
        #expect(result.status == 0)
        #expect(result.errors.isEmpty)
        #expect(result.lines.count { $0.hasPrefix("CGroup") } == 3)
    }

    /// The view counted the levels from the root, and hid what the sampler had counted from the
    /// topmost cgroup.
    @Test func depthCountsFromTheTopmostCgroup() throws {
        let session = try LiveScreen.captured(
            try ProgramCapture("v2"), "-p --depth 1 /user.slice")
        try session.await("the ancestor and one level below") {
            LiveScreen.names($0) == ["/", "user.slice", "user-1000.slice"]
        }
        try session.press("q")
        #expect(try session.status() == 0)
    }

    /// A screen to look at with a terminal, but keys from nowhere.
    @Test func viewRunsWithoutAKeyboard() throws {
        let session = try TerminalSession(TerminalSession.cgwarden("top </dev/null"))
        #expect(try session.status() == 69)
        #expect(session.errors.contains("--batch"))
        #expect(session.settings.before == session.settings.after)
    }
}
