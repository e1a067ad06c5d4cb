import KernelIO
import TestSupport
import Testing

@Suite struct JSONStringsTests {
    private func strings(_ text: String) throws -> [String] {
        var found: [String] = []
        try JSONStrings.visit(Array(text.utf8)) { path, value in
            found.append(path.joined(separator: "/") + "=" + value)
        }
        return found
    }

    @Test(arguments: [
        (#""a""#, ["=a"]),
        (
            #" {"a" : "b" , "c":["d", {"e":"f"} ,"g"]} "#,
            ["a=b", "c/0=d", "c/1/e=f", "c/2=g"]
        ),
        (#"[1, -0.5e+3, true, false, null, {}, [], "x"]"#, ["7=x"]),
        (#"{"a":{"b":{"c":"d"}},"e":"f"}"#, ["a/b/c=d", "e=f"]),
        (#"["\"\\\/\b\f\n\r\t"]"#, ["0=\"\\/\u{8}\u{c}\n\r\t"]),
        (#"["\u00e9\u0041\ud83d\ude00","é😀"]"#, ["0=éA😀", "1=é😀"]),
        (#"{"a\u0062":"","":"x"}"#, ["ab=", "=x"]), ("0", []), ("  []  ", []),
    ])
    func stringsAreReportedWithTheirPath(_ text: String, _ found: [String]) throws {
        #expect(try strings(text) == found)
    }

    @Test(arguments: [
        "", " ", "{", "}", "[", "]", "[1", "[1,", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}", "{1:2}", "[1}", "{\"a\":1]", "[1] 2", "[1]]", "01", "-", "1.", ".5", "1e", "+1",
        "0x1",
        "tru", "True", "nan", "'a'", "\"a", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u+123\"",
        "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\n\"", "\"\t\"", "[1 2]",
        "{\"a\" 1}",
        "/* */ 1", "\u{feff}1",
    ])
    func invalidJSONIsRejected(_ text: String) {
        #expect(throws: JSONStrings.Malformed.self) { try strings(text) }
    }

    @Test func invalidUTF8IsRejected() {
        for bytes: [UInt8] in [
            [0x22, 0xff, 0x22], [0x22, 0xc0, 0x80, 0x22], [0], [0x22, 0, 0x22],
        ] {
            #expect(throws: JSONStrings.Malformed.self) {
                try JSONStrings.visit(bytes) { _, _ in }
            }
        }
    }

    @Test func depthIsBounded() throws {
        let deep = JSONStrings.deepest
        #expect(
            try strings(String(repeating: "[", count: deep) + String(repeating: "]", count: deep))
                == [])
        for open in ["[", "{\"a\":"] {
            let text = String(repeating: open, count: 500_000)
            #expect(throws: JSONStrings.Malformed.self) { try strings(text) }
        }
    }

    private static let sample = #"""
        {"StreamConfig":{},"State":{"Pid":4711,"Error":""},"Args":["-g","d\u00e9\ud83d\ude00"],
         "Config":{"Image":"nginx:1.25","Labels":{"a\"b":"c\\d"},"Tty":false},"Name":"/web","X":[-1.5e3,null]}
        """#

    /// Every beginning of a text is none, and no change of a byte brings the program down.
    @Test func truncatedAndDamagedJSONDoesNotCrash() throws {
        let bytes = Array(Self.sample.utf8)
        try JSONStrings.visit(bytes) { _, _ in }
        for count in bytes.indices {
            #expect(throws: JSONStrings.Malformed.self) {
                try JSONStrings.visit(Array(bytes[..<count])) { _, _ in }
            }
        }
        var noise = SeededNoise(seed: 7)
        for _ in 0..<20_000 {
            var broken = bytes
            for _ in 0..<(1 + Int(noise.next() % 4)) {
                broken[Int(noise.next() % UInt64(broken.count))] = UInt8(
                    truncatingIfNeeded: noise.next())
            }
            try? JSONStrings.visit(broken) { _, _ in }
        }
    }
}
