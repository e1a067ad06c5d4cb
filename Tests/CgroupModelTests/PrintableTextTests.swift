import CgroupModel
import Testing

/// Outside text has one spelling, which is safe to print and leads back to the bytes.
@Suite struct PrintableTextTests {
    @Test(arguments: [
        ("a\u{1b}[31m\nb\t\u{7f}", #"a\x1b[31m\x0ab\x09\x7f"#),
        ("\u{9b}31m\u{85}", #"\u{9b}31m\u{85}"#),
        ("\u{202e}a\u{2066}\u{200f}\u{61c}", #"\u{202e}a\u{2066}\u{200f}\u{61c}"#),
        ("a\u{200b}\u{feff}\u{ad}\u{3164}\u{e0041}", #"a\u{200b}\u{feff}\u{ad}\u{3164}\u{e0041}"#),
        ("\u{2028}\u{2029}", #"\u{2028}\u{2029}"#),
        ("äa\u{308} 日 🚀 '\"$`", "äa\u{308} 日 🚀 '\"$`"),
    ]) func controlBidiAndInvisibleCharactersAreEscaped(_ text: String, _ shown: String) {
        #expect(text.printable == shown)
        #expect(text.onOneLine == shown)
        #expect(shown.onOneLine == shown)
    }

    @Test func invalidUTF8IsEscaped() {
        let bytes: [UInt8] = [0x61, 0xff, 0xc3, 0xa4, 0xc3, 0xed, 0xa0, 0x80]
        #expect(PrintableText.text(bytes) == #"a\xffä\xc3\xed\xa0\x80"#)
    }

    @Test(arguments: [
        #"dev-disk-by\x2duuid-0cf2.swap"#, #"caf\xc3\xa9.service"#, #"a\x20b\x41"#, #"c:\path"#,
        #"\"#, #"\\"#, #"\x"#, #"\x1"#, #"\x1B"#, #"\u{41}"#, #"\u{202E}"#, #"\u{0202e}"#, #"\n"#,
    ]) func namesThatOnlyLookEscapedAreUnchanged(_ name: String) {
        #expect(name.printable == name)
        #expect(PrintableText.bytes(of: name) == Array(name.utf8))
    }

    @Test(arguments: [
        (#"a\x1b"#, #"a\x5cx1b"#), (#"\x5cx2d"#, #"\x5cx5cx2d"#), (#"\xff"#, #"\x5cxff"#),
        (#"\u{202e}"#, #"\x5cu{202e}"#), (#"\xc3"#, #"\x5cxc3"#),
    ]) func literalEscapeIsDistinctFromTheCharacter(_ name: String, _ shown: String) {
        #expect(name.printable == shown)
        #expect(PrintableText.bytes(of: shown) == Array(name.utf8))
    }

    @Test func everyEscapedNameDecodesToItsBytes() {
        let pieces: [[UInt8]] =
            [
                "\\", "x", "u", "{", "}", "c3", "bc", "1b", "5c", "20", "2e", "\\x", "\\xc3",
                "\\xbc",
                "\\xe2\\x82", "\\u{202e}", "\u{202e}", "\u{85}", "\u{1b}", "\u{e0001}", "é", "€",
            ].map { Array($0.utf8) } + [
                [0xc3], [0xbc], [0xe2, 0x82], [0xac], [0xff], [0xf0, 0x9f],
            ]
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...8, using: &generator)
            let bytes = (0..<count).flatMap { _ in
                pieces[Int.random(in: pieces.indices, using: &generator)]
            }
            let shown = PrintableText.text(bytes)
            #expect(!shown.unicodeScalars.contains(where: PrintableText.isUnsafe), "\(bytes)")
            guard PrintableText.bytes(of: shown) == bytes else {
                Issue.record("\(bytes) is shown as \(shown)")
                return
            }
        }
    }

    @Test func linesKeepNewlinesAndTabs() {
        func safe(_ text: String) -> String {
            String(decoding: PrintableText.safeLines(Array(text.utf8)), as: UTF8.self)
        }
        #expect(safe("a\tb\r\nc\u{1b}\n\n") == "a\tb\r\nc\\x1b\n\n")
        #expect(safe("a\rb\n├─ ä\u{202e}") == "a\\x0db\n├─ ä\\u{202e}")
        #expect(safe("a\r") == "a\\x0d")
        #expect(safe("").isEmpty)
        #expect(PrintableText.safeLines([0x61, 0xff, 0x0a]) == Array("a\\xff\n".utf8))
    }

    @Test func jsonEscapesTerminalControlCharacters() {
        var bytes: [UInt8] = []
        bytes.append(quoted: "ä\u{1b}\u{202e}\u{9b}\u{e0001}\n\\x1b")
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #""ä\u001b\u202e\u009b\udb40\udc01\n\\x1b""#)
    }

    private let known: Set = [
        CgroupPath("/x/esc\u{1b}[31m"), CgroupPath("/x/esc\u{1b}[31m/a"),
        CgroupPath(#"/x/dev\x2da.swap"#), CgroupPath(#"/x/both\x07"#), CgroupPath("/x/both\u{7}"),
        CgroupPath(normalising: Array("/x/".utf8) + [0xff]), CgroupPath(#"/x/lit\xc3"#),
    ]

    private func meant(_ text: String) -> CgroupPath {
        CgroupPath(typed: text) { $0.isRoot || $0.description == "/x" || known.contains($0) }
    }

    @Test func everyPrintedPathIsAccepted() {
        for path in known where path != CgroupPath("/x/both\u{7}") {
            #expect(meant(path.description) == path)
            #expect(CgroupPath(printed: path.description) == path)
        }
    }

    @Test func literalNameWinsOverAnEscapedOne() {
        #expect(meant(#"/x/both\x07"#) == CgroupPath(#"/x/both\x07"#))
        #expect(meant("/x/both\u{7}") == CgroupPath("/x/both\u{7}"))
        #expect(meant(#"/x/lit\xc3"#) == CgroupPath(#"/x/lit\xc3"#))
        #expect(meant(#"/x/dev\x2da.swap"#) == CgroupPath(#"/x/dev\x2da.swap"#))
    }

    @Test func newNameIsTakenLiterallyBelowAnExistingCgroup() {
        #expect(meant(#"/x/new\x1b"#) == CgroupPath(#"/x/new\x1b"#))
        #expect(meant(#"/x/esc\x1b[31m/new\x1b"#) == CgroupPath("/x/esc\u{1b}[31m/new\\x1b"))
        #expect(meant(#"/n\x1b/m\x1b"#) == CgroupPath(#"/n\x1b/m\x1b"#))
    }
}
