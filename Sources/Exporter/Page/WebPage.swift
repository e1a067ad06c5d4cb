#if Exporter
import NIOCore

/// The page at `/`: one document with its style and script inline.
///
/// The page is the same for everyone and contains no data of the host, which its script fetches
/// from `/api/v1`.
struct WebPage: Sendable {
    let body: ByteBuffer
    let headers: [(String, String)]

    init(version: String, metricsPath: String) {
        let style = Self.text(PackageResources.page_css)
        let script = Self.text(PackageResources.page_js)
        let page = Self.text(PackageResources.page_html)
            .replacing("{{version}}", with: version)
            // Relative, because the page may be served under a proxy's path prefix.
            .replacing("{{metrics}}", with: Self.quoted(String(metricsPath.dropFirst())))
            .replacing("{{style}}", with: style)
            .replacing("{{script}}", with: script)
        body = ByteBuffer(string: page)
        let policy = [
            "default-src 'none'", "connect-src 'self'", "img-src data:",
            "style-src '\(Self.hash(style))'", "script-src '\(Self.hash(script))'",
            "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
        ]
        headers = [
            ("Content-Security-Policy", policy.joined(separator: "; ")),
            ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "no-cache"),
        ]
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    /// Escapes the text of an attribute value.
    private static func quoted(_ text: String) -> String {
        [("&", "&amp;"), ("\"", "&quot;"), ("<", "&lt;")].reduce(text) {
            $0.replacing($1.0, with: $1.1)
        }
    }

    private static func hash(_ text: String) -> String {
        "sha256-" + SHA256.base64(Array(text.utf8))
    }
}

extension String {
    /// Replaces every occurrence of a text; the standard library's method needs Foundation or
    /// Regex.
    fileprivate func replacing(_ mark: String, with text: String) -> String {
        split(separator: mark, omittingEmptySubsequences: false).joined(separator: text)
    }
}
#endif
