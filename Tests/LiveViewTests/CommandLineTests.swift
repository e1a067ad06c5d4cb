import CgroupModel
import Testing

@testable import LiveView

/// Words, completion and editing of the command line.
@Suite struct CommandLineTests {
    private let completion = CommandCompletion(
        shapes: LiveActionTests.shapes,
        cgroups: ["/", "/batch", "/batch/job1", "/batch/job2", "/system.slice"].map {
            CgroupPath($0)
        })

    @Test(
        arguments: [
            ("fr", "freeze ", []), ("", "", ["freeze", "get"]), ("freeze /b", "freeze /batch ", []),
            ("freeze /batch/", "freeze /batch/job", ["/batch/job1", "/batch/job2"]),
            ("freeze job1", "freeze /batch/job1 ", []),
            ("set /batch memory.m", "set /batch memory.m", ["memory.max=", "memory.min="]),
            ("set pids.ma", "set pids.max=", []), ("kill --si", "kill --signal ", []),
            ("kill --signal T", "kill --signal T", []), ("nonsense /b", "nonsense /b", []),
        ] as [(String, String, [String])])
    func wordsAreCompleted(_ text: String, _ result: String, _ some: [String]) {
        let found = completion.complete(text)
        #expect(found.text == result)
        for candidate in some { #expect(found.candidates.contains(candidate), "\(found)") }
    }

    @Test func quotesKeepBlanksAndBackslashesStay() {
        #expect(
            CommandWords.split(#"freeze 'a b' "c'd" x\x2dy"#) == [
                "freeze", "a b", "c'd", #"x\x2dy"#,
            ])
        #expect(CommandWords.split("  ").isEmpty)
        #expect(CommandWords.line(["thaw", "/a b"]) == "thaw '/a b'")
        #expect(CommandWords.line(["thaw", #"/a\x2db"#]) == #"thaw '/a\x2db'"#)
    }

    @Test(arguments: [
        "", "a", #"/a\x2db"#, #"a\"#, #"a\'b"#, "it's", #"'""#, "''", "a b\nc", "$(id)", "~",
        "a'\u{301}b", "\u{301}'", "日本",
    ])
    func quotedWordIsReadBack(word: String) {
        let words = ["thaw", word, "x"]
        #expect(CommandWords.split(CommandWords.line(words)) == words)
    }

    @Test func textIsEditedAtTheCursor() {
        var line = LineEditor("max for 10m", after: "max")
        for key in [KeyEvent.backspace, .backspace, .backspace, "5", .end, .delete, .home, "1"] {
            let isTaken = line.take(key)
            #expect(isTaken)
        }
        #expect(line.text == "15 for 10m")
        let isTaken = line.take(.tab)
        #expect(!isTaken)
    }

    @Test func wordsAndTheWholeLineAreErasedBeforeTheCursor() {
        var line = LineEditor("set /a  b  for 10m", after: "set /a  b  ")
        var seen: [String] = []
        for key in [KeyEvent.eraseWord, .eraseWord, .end, .eraseLine, .eraseWord] {
            let isTaken = line.take(key)
            #expect(isTaken)
            seen.append("\(line.before)|\(line.after)")
        }
        #expect(seen == ["set /a  |for 10m", "set |for 10m", "set for 10m|", "|", "|"])
    }
}
