import CgroupModel
import TestSupport
import Testing

/// A tenant chooses the names in the commands that messages suggest.
@Suite struct ShellWordTests {
    @Test(arguments: [
        ("/system.slice/db@1.service", "/system.slice/db@1.service"),
        ("cpu.max=50%", "cpu.max=50%"),
        ("", "''"), (#"/a\x2db"#, #"'/a\x2db'"#), ("it's", #"'it'\''s'"#), ("a b", "'a b'"),
        ("=ls", "'=ls'"), ("~", "'~'"), ("/ä", "'/ä'"),
    ])
    func wordIsQuotedUnlessPlain(word: String, quoted: String) {
        #expect(ShellWord.quoted(word) == quoted)
    }

    @Test func shellReadsTheWordsUnchanged() throws {
        let words = [
            "", "/a", #"/a\x2db"#, "it's", #"'""#, "''", "$(echo x)", "`echo x`", "a;echo x", "*",
            "~", "a b\tc\nd", "{a,b}", "#", "!!", "a'\u{301}; echo x; '\u{301}", "\u{301}'", "日本",
            "\u{a0}", "-e", "%s",
        ]
        let line = words.map { ShellWord.quoted($0) }.joined(separator: " ")
        let result = try ProgramRun.run("sh", ["-c", "printf '%s\\0' \(line)"])
        let read = result.bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast()
        #expect(read.map { String(decoding: $0, as: UTF8.self) } == words)
    }

    @Test func pathIsQuotedInItsPrintedForm() {
        #expect(CgroupPath("/a\u{1b}b").shellWord == #"'/a\x1bb'"#)
        #expect(CgroupPath("/a").shellWord == "/a")
    }
}
