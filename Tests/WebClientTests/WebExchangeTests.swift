#if Exporter
import Glibc
import TestSupport
import Testing

@testable import WebClient

/// Servers that answer badly.
@Suite struct WebExchangeTests {
    private func exchange(
        _ server: OneAnswerServer, timeout: Duration = .seconds(20)
    ) throws -> WebExchange {
        let url = try #require(WebURL("http://127.0.0.1:\(server.port)/"))
        return WebExchange(url, timeout: timeout, mostBytes: 1000)
    }

    private func failure(_ answer: String, timeout: Duration = .seconds(20)) throws -> String {
        let server = try OneAnswerServer(answer)
        do {
            let response = try exchange(server, timeout: timeout).send(WebRequest("/"))
            return "\(response)"
        } catch let failure as WebFailure {
            return failure.description
        }
    }

    @Test func bodyIsReturnedUpToTheBound() throws {
        let body = String(repeating: "x", count: 1000)
        let whole = try OneAnswerServer("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n\(body)")
        let request = WebRequest("/a?b=1", authorization: "Basic abc")
        let response = try exchange(whole).send(request)
        #expect(response.status == 200 && response.body == Array(body.utf8))
        let asked = whole.request
        #expect(asked.hasPrefix("GET /a?b=1 HTTP/1.1\r\n"), "\(asked)")
        #expect(asked.contains("\r\nAuthorization: Basic abc\r\n"))
        let long = try failure("HTTP/1.1 200 OK\r\n\r\n\(body)y")
        #expect(long == "the response is longer than 1000 bytes")
    }

    @Test func silentServerIsGivenUp() throws {
        let start = ContinuousClock.now
        let none = try failure("", timeout: .milliseconds(300))
        #expect(none.hasPrefix("no response within 0.3"), "\(none)")
        let half = try failure(
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", timeout: .milliseconds(300))
        #expect(half.hasPrefix("no response within 0.3"), "\(half)")
        #expect(ContinuousClock.now - start < .seconds(15))
    }

    @Test func redirectIsNotFollowed() throws {
        let server = try OneAnswerServer(
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
        #expect(try exchange(server).send(WebRequest("/")).status == 302)
    }

    @Test func refusedConnectionIsNamed() throws {
        let url = try #require(WebURL("http://127.0.0.1:1/"))
        #expect {
            try WebExchange(url, timeout: .seconds(20)).send(WebRequest("/"))
        } throws: {
            "\($0)".contains("refused")
        }
    }
}
#endif
