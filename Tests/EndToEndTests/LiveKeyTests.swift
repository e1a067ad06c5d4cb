import Foundation
import TestSupport
import Testing

/// Every key of the live view, in a real terminal over a captured tree.
@Suite(.serialized, .enabled(if: TerminalSession.isAvailable, LiveScreen.reason))
struct LiveKeyTests {
    @Test func sortKeysOrderTheTree() throws {
        let session = try LiveScreen.captured(try ProgramCapture("v2"), columns: 160)
        #expect(LiveScreen.isAligned(try session.screen))
        let inTree = LiveScreen.names(try session.screen)
        #expect(inTree.first == "/" && inTree.contains("db.service") && inTree.count == 9)
        try session.press("V")
        try session.await("/app.slice/db.service")
        func expectOrder(_ key: String, _ first: String...) throws {
            try session.press(key)
            try session.await("\(first) after \(key)") {
                LiveScreen.names($0).starts(with: first)
            }
        }
        try expectOrder("t", "/app.slice", "/app.slice/db.service", "/app.slice/web.service")
        try expectOrder("p", "/", "/app.slice", "/app.slice/db.service", "/app.slice/web.service")
        try expectOrder("r", "/user.slice/user-1000.slice/idle.scope")
        try expectOrder("r", "/")
        try expectOrder(
            "m", "/", "/app.slice", "/app.slice/db.service", "/app.slice/web.service",
            "/batch.slice")
        try expectOrder("i", "/", "/app.slice", "/app.slice/db.service", "/batch.slice")
        try session.await("2 samples") { $0.contains { $0.contains(" 0.0 ") } }
        try expectOrder("c", "/", "/app.slice", "/app.slice/db.service")
        try session.press("F5")
        try session.await("└─ web.service")
    }

    /// A terminal of type screen reports a click as three bytes behind ESC [ M.
    @Test func mouseSortsAndSelectsUnlessItIsOff() throws {
        let capture = try ProgramCapture("v2")
        func click(_ session: TerminalSession, row: Int, column: Int) throws {
            let bytes = [32, 33 + column, 33 + row].map { Character(Unicode.Scalar(UInt8($0))) }
            try session.type("\u{1b}[M" + String(bytes))
        }
        let session = try LiveScreen.captured(capture, "-p")
        let lines = try session.await("tasks of all") { $0.contains { $0.contains("db.service") } }
        let head = try #require(lines.firstIndex { $0.hasPrefix("CGroup") })
        let tasks = try #require(lines[head].firstRange(of: "Tasks"))
        try session.press("V")
        try session.await("/app.slice/db.service")
        let column = lines[head].distance(from: lines[head].startIndex, to: tasks.lowerBound)
        try click(session, row: head, column: column + 2)
        try session.await("the order of tasks") {
            LiveScreen.names($0).starts(with: ["/app.slice", "/app.slice/db.service"])
        }
        try session.press("q")
        #expect(try session.status() == 0)
        let still = try LiveScreen.captured(capture, "-p --no-mouse")
        #expect(try still.variable("mouse_any_flag") == "0")
        try still.press("q")
        #expect(try still.status() == 0)
    }

    @Test func percentAndIntervalKeysWork() throws {
        let session = try LiveScreen.captured(try ProgramCapture("v2"))
        try session.await("%CPU")
        try session.press("%")
        try session.await("14.66 s in total") {
            $0.contains { $0.hasPrefix("/ ") && $0.contains("14.66s") || $0.contains("14.7s") }
        }
        try session.press("%")
        try session.await("%CPU")
        try session.await("every 1s")
        try session.press("+")
        try session.await("sampling every 2s")
        try session.await("every 2s")
        try session.press("-", "-")
        try session.await("every 750ms")
    }

    /// The blank takes a sample long before the interval is over.
    @Test func spaceTakesASample() throws {
        let session = try LiveScreen.captured(try ProgramCapture("v2"), "-d 1h")
        let title = try session.screen[0]
        try session.await("a new time in the title") { lines in
            try? session.press("Space")
            return lines[0] != title
        }
    }

    @Test func filterAndFoldKeysWork() throws {
        let session = try LiveScreen.captured(try ProgramCapture("v2"))
        try session.press("/")
        try session.await("Filter:")
        try session.type("DB.")
        try session.await("only the match and its ancestors") {
            LiveScreen.names($0) == ["/", "app.slice", "db.service"]
        }
        try session.press("Enter", "\\")
        try session.await("all again") { LiveScreen.names($0).count == 9 }
        try session.press("j", "Enter")
        try session.await("app.slice folded") {
            LiveScreen.names($0).count == 7 && !LiveScreen.names($0).contains("db.service")
        }
        try session.press("Enter")
        try session.await("unfolded") { LiveScreen.names($0).count == 9 }
    }

    @Test func columnsHelpAndProcessesOpenAndClose() throws {
        let session = try LiveScreen.captured(try ProgramCapture("v2"))
        try session.press("f")
        try session.await(" Columns ")
        try session.press("Space", "Escape")
        try session.await("no Tasks column") { lines in
            lines.contains { $0.hasPrefix("CGroup") && !$0.contains("Tasks") }
        }
        try session.press("h")
        try session.await("menu of all actions")
        try session.press("h")
        try session.await("CGroup")
        try session.press("j", "z")
        try session.await("Processes of /app.slice")
        try session.press("Escape")
        try session.await("CGroup")
        try session.press("x")
        try session.await("Causes at /app.slice")
        try session.press("x")
        try session.await("CGroup")
    }

    @Test func tabCyclesTheDetailPanes() throws {
        let session = try LiveScreen.captured(try ProgramCapture("v2"), columns: 120, rows: 40)
        try session.press("j", "j")
        for (key, text) in [
            ("Tab", "total"), ("Tab", "anon"), ("Tab", "254:"), ("Tab", "memory"),
            ("Tab", "memory.max"),
            ("BTab", "memory"), ("BTab", "254:"),
        ] {
            try session.press(key)
            try session.await("'\(text)' below the heads of the panes") { lines in
                guard let head = lines.firstIndex(where: { $0.contains("Pressure  Limits") }) else {
                    return false
                }
                return lines[(head + 1)...].contains { $0.contains(text) }
            }
        }
        try session.press("Escape")
        try session.await("no pane") { !$0.contains { $0.contains("Pressure  Limits") } }
    }

    @Test func pausedViewStepsBackAndForward() throws {
        let session = try LiveScreen.captured(try ProgramCapture("v2"), "-d 250ms")
        try session.press("[")
        try session.await("press Z to pause")
        try session.await("some samples") { $0[0].contains("every") }
        try awaiting("three samples") {
            try session.press("Z")
            let title = try session.await("PAUSED")[0]
            let frames = title.components(separatedBy: " of ").last?.prefix { $0.isNumber } ?? ""
            if let count = Int(frames), count >= 3 { return true }
            try session.press("Z")
            return false
        }
        try session.press("[")
        try session.await("back ") { !$0[0].contains("PAUSED  0 of") }
        try session.press("]")
        try session.press("Z")
        try session.await("running") { !$0[0].contains("PAUSED") }
    }

    /// `s` keeps the layout for the next start.
    @Test func savedLayoutIsLoaded() throws {
        let capture = try ProgramCapture("v2")
        let home = try ProgramCapture(mountinfo: "")
        let environment = ["XDG_CONFIG_HOME": home.root]
        do {
            let session = try LiveScreen.captured(capture, environment: environment)
            try session.press("m", "V", "+", "s")
            try session.await("layout saved to \(home.root)".prefix(60).description)
            try session.press("q")
            #expect(try session.status() == 0)
        }
        let file = "\(home.root)/cgwarden/top.yaml"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(text.contains("sort: memory") && text.contains("delay: 2.0s"))
        let next = try LiveScreen.captured(capture, environment: environment)
        try next.await("a list every 2 s") { lines in
            lines[0].contains("every 2s")
                && LiveScreen.names(lines).contains("/app.slice/db.service")
        }
        try next.press("q")
        #expect(try next.status() == 0)
    }

    /// The file had one decimal, so 250 ms came back as 300 ms.
    @Test func savedIntervalIsExact() throws {
        let capture = try ProgramCapture("v2")
        let home = try ProgramCapture(mountinfo: "")
        let environment = ["XDG_CONFIG_HOME": home.root]
        do {
            let session = try LiveScreen.captured(capture, "-d 500ms", environment: environment)
            try session.press("-", "s")
            try session.await("layout saved to \(home.root)".prefix(60).description)
            try session.press("q")
            #expect(try session.status() == 0)
        }
        let next = try LiveScreen.captured(capture, environment: environment)
        try next.await("every 250ms")
        try next.press("q")
        #expect(try next.status() == 0)
    }

    @Test func invalidLayoutIsReportedAndKept() throws {
        let capture = try ProgramCapture("v2")
        try capture.write("tree: true\nsort: luck\n", to: "cgwarden/top.yaml")
        let session = try LiveScreen.captured(
            capture, environment: ["XDG_CONFIG_HOME": capture.root])
        try session.await("db.service")
        try session.press("q")
        #expect(try session.status() == 0)
        let lines = session.errors.split(separator: "\n")
        #expect(lines.count == 1)
        #expect(session.errors.contains("top.yaml:2:7:"), "\(session.errors)")
        #expect(session.errors.contains("using the default layout"))
        let text = try String(contentsOfFile: "\(capture.root)/cgwarden/top.yaml", encoding: .utf8)
        #expect(text == "tree: true\nsort: luck\n")
    }
}
