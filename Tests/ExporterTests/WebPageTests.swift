#if Exporter
import Exporter
import Foundation
import Testing

/// The document at `/`.
@Suite(.timeLimit(.minutes(15))) struct WebPageTests {
    private static func get(_ path: String) async throws -> RawResponse {
        let (pages, continuation) = AsyncStream.makeStream(of: RawResponse?.self)
        try await TestServer.run { port in
            continuation.yield(try await LoopbackClient.send(port, path))
            continuation.finish()
        }
        return try #require(await pages.first { _ in true } ?? nil)
    }

    @Test(arguments: [
        ("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript"),
    ])
    func everyFileAllowsOnlyWhatThisServerServes(path: String, type: String) async throws {
        let file = try await Self.get(path)
        #expect(file.status == "HTTP/1.1 200 OK")
        #expect(file.headers["content-type"] == type + "; charset=utf-8")
        let policy = try #require(file.headers["content-security-policy"])
        for rule in [
            "default-src 'none'", "connect-src 'self'", "style-src 'self'", "script-src 'self'",
            "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
        ] { #expect(policy.contains(rule)) }
        #expect(!policy.contains("unsafe") && !policy.contains("http"))
        #expect(file.headers["x-content-type-options"] == "nosniff")
        #expect(file.headers["referrer-policy"] == "no-referrer")
    }

    /// Below a proxy's prefix only relative addresses lead back.
    @Test func pageUsesOnlyRelativeOwnResources() async throws {
        let text = try await Self.get("/").text
        let pattern = #/(?:href|src|action)="([^"]*)"/#
        let addresses = text.matches(of: pattern).map { String($0.output.1) }
        for address in ["metrics", "page.css", "page.js"] {
            #expect(addresses.contains(address))
        }
        for address in addresses {
            #expect(!address.hasPrefix("/") && !address.contains("//"), "\(address)")
        }
        let script = try await Self.get("/page.js").text
        #expect(!script.contains("\"/api") && !script.contains("`/api"))
        let outside = (text + script).components(separatedBy: "http").dropFirst().filter {
            !$0.hasPrefix("://www.w3.org/2000/svg")
        }
        #expect(outside.isEmpty)
    }

    /// A name may be any text, so none may become markup.
    @Test func namesAreInsertedOnlyAsText() async throws {
        let script = try await Self.get("/page.js").text
        for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
            #expect(!script.contains(way), "\(way)")
        }
        #expect(!script.contains("{{") && !script.contains("</"))
    }
}
#endif
