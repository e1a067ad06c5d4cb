#if Exporter
import Exporter
import Foundation
import Testing

/// The document at `/`.
@Suite(.timeLimit(.minutes(15))) struct WebPageTests {
    private static func page() async throws -> RawResponse {
        let (pages, continuation) = AsyncStream.makeStream(of: RawResponse?.self)
        try await TestServer.run { port in
            continuation.yield(try await LoopbackClient.send(port, "/"))
            continuation.finish()
        }
        return try #require(await pages.first { _ in true } ?? nil)
    }

    /// The text of the one element of a kind.
    private static func content(_ element: String, of page: RawResponse) throws -> String {
        let parts = page.text.components(separatedBy: "<\(element)>")
        try #require(parts.count == 2, "one <\(element)>")
        return try #require(parts[1].components(separatedBy: "</\(element)>").first)
    }

    @Test func headersAllowOnlyThePage() async throws {
        let page = try await Self.page()
        let policy = try #require(page.headers["content-security-policy"])
        for (element, directive) in [("style", "style-src"), ("script", "script-src")] {
            let digest = try Tool.run(
                "openssl", ["dgst", "-sha256", "-binary"],
                input: Array(try Self.content(element, of: page).utf8))
            let hash = Data(digest.output).base64EncodedString()
            #expect(policy.contains("\(directive) 'sha256-\(hash)';"), "\(policy)")
        }
        for rule in [
            "default-src 'none'", "connect-src 'self'", "base-uri 'none'", "form-action 'none'",
            "frame-ancestors 'none'",
        ] { #expect(policy.contains(rule)) }
        #expect(!policy.contains("unsafe") && !policy.contains("http"))
        #expect(page.headers["x-content-type-options"] == "nosniff")
        #expect(page.headers["referrer-policy"] == "no-referrer")
    }

    /// Below a proxy's prefix only relative addresses lead back.
    @Test func pageUsesOnlyRelativeOwnResources() async throws {
        let text = try await Self.page().text
        let pattern = #/(?:href|src|action)="([^"]*)"/#
        let addresses = text.matches(of: pattern).map { String($0.output.1) }
        #expect(addresses.contains("metrics"))
        for address in addresses {
            #expect(!address.hasPrefix("/") && !address.contains("//"), "\(address)")
        }
        #expect(!text.contains("\"/api") && !text.contains("`/api"))
        let outside = text.components(separatedBy: "http").dropFirst().filter {
            !$0.hasPrefix("://www.w3.org/2000/svg")
        }
        #expect(outside.isEmpty)
    }

    /// A name may be any text, so none may become markup.
    @Test func namesAreInsertedOnlyAsText() async throws {
        let script = try Self.content("script", of: try await Self.page())
        for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
            #expect(!script.contains(way), "\(way)")
        }
        #expect(!script.contains("{{") && !script.contains("</"))
    }
}
#endif
