import Testing

@testable import WebClient

@Suite struct WebURLTests {
    @Test func urlsAreParsed() throws {
        let url = try #require(WebURL("https://pager.example/hook?a=1"))
        #expect(url.isSecure && url.host == "pager.example" && url.port == 443)
        #expect(url.target == "/hook?a=1" && url.authority == "pager.example")
        let plain = try #require(WebURL("http://[::1]:8080"))
        #expect(plain.host == "::1" && plain.port == 8080 && plain.target == "/")
        #expect(plain.authority == "[::1]:8080" && plain.isAddress)
        #expect(WebURL("http://h?x")?.target == "/?x")
    }

    @Test func onlyLiteralAddressesAndLocalhostAreThisHost() throws {
        for host in ["localhost", "LocalHost", "127.0.0.1", "127.9.8.7", "[::1]"] {
            let url = try #require(WebURL("http://\(host):1"))
            #expect(url.isLoopback, "\(host)")
        }
        for host in [
            "127.example.com", "127.0.0.1.example.com", "127.0.0.1.5", "127.0.0.256", "128.0.0.1",
            "127.+0.0.1", "localhost.example", "[::2]",
        ] {
            let url = try #require(WebURL("http://\(host):1"))
            #expect(!url.isLoopback, "\(host)")
        }
    }

    @Test(arguments: [
        "pager.example", "ftp://h/", "http://", "http://h:0/", "http://h:x/", "http://h:+80/",
        "http://u@h/",
        "http://h/#f", "http://h/a b", "http://h/ä", "http://[::1",
    ])
    func invalidURLsAreRejected(_ text: String) { #expect(WebURL(text) == nil) }
}
