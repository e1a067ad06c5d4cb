import Testing

@testable import WebClient

@Suite struct WebCredentialsTests {
    private static let netrc = """
        # a comment line is words that mean nothing
        machine other.example login o password no
        macdef init
        machine node7 login macro password no

        machine node7
          login alice
          password s3:cret
        machine node7 login second password no
        default login anyone password guest
        """

    @Test func entryOfTheHostIsTheFirstThatNamesIt() throws {
        let found = try #require(WebCredentials(netrc: Self.netrc, host: "node7"))
        #expect(found == WebCredentials(line: "alice:s3:cret"))
        #expect(WebCredentials(netrc: Self.netrc, host: "node8") == .init(line: "anyone:guest"))
        #expect(WebCredentials(netrc: "machine a login b", host: "a") == nil)
        #expect(WebCredentials(netrc: "machine a password b", host: "c") == nil)
        #expect(WebCredentials(netrc: "machine", host: "machine") == nil)
    }

    @Test func defaultEntryIsSkippedIfItIsNotAllowed() {
        func found(_ host: String) -> WebCredentials? {
            WebCredentials(netrc: Self.netrc, host: host, allowsDefault: false)
        }
        #expect(found("node7") == .init(line: "alice:s3:cret"))
        #expect(found("node8") == nil)
    }

    @Test func linesMayEndInCarriageReturns() {
        let text = Self.netrc.split(separator: "\n", omittingEmptySubsequences: false)
            .joined(separator: "\r\n")
        #expect(WebCredentials(netrc: text, host: "node7") == .init(line: "alice:s3:cret"))
        #expect(WebCredentials(netrc: text, host: "node8") == .init(line: "anyone:guest"))
    }

    @Test(arguments: [
        ("a:", "YTo="), ("ab:", "YWI6"), ("a:b:c", "YTpiOmM="),
        (
            "Aladdin:open sesame",
            "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
        ),
    ])
    func headerIsBase64(line: String, code: String) throws {
        #expect(try #require(WebCredentials(line: line)).authorization == "Basic \(code)")
    }

    @Test(arguments: ["", "word", "user:pass\r\nX: y", "user:\u{7f}"])
    func otherLinesAreRejected(_ line: String) { #expect(WebCredentials(line: line) == nil) }
}
