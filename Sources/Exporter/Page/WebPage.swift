#if Exporter
import NIOCore

/// The web page: a document at `/`, and its style and script beside it.
///
/// The files are the same for everyone and contain no data of the host, which the script fetches
/// from `/api/v1`.
struct WebPage: Sendable {
    /// One file as it is sent.
    struct File: Sendable {
        let contentType: String
        let body: ByteBuffer
    }

    let document: File
    let style: File
    let script: File

    static let headers = [
        (
            "Content-Security-Policy",
            [
                "default-src 'none'", "connect-src 'self'", "img-src data:", "style-src 'self'",
                "script-src 'self'", "base-uri 'none'", "form-action 'none'",
                "frame-ancestors 'none'",
            ].joined(separator: "; ")
        ),
        ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-cache"),
    ]

    /// Creates the page; `hasEvents` is whether `/api/v1/events` exists.
    init(version: String, metricsPath: String, hasEvents: Bool) {
        let page = String(decoding: PackageResources.page_html, as: UTF8.self)
            .replacing("{{version}}", with: version)
            .replacing("{{events}}", with: hasEvents ? "on" : "off")
            // Relative, because the page may be served under a proxy's path prefix.
            .replacing("{{metrics}}", with: Self.quoted(String(metricsPath.dropFirst())))
        document = File(
            contentType: "text/html; charset=utf-8", body: ByteBuffer(string: page))
        style = File(
            contentType: "text/css; charset=utf-8",
            body: ByteBuffer(bytes: PackageResources.page_css))
        script = File(
            contentType: "text/javascript; charset=utf-8",
            body: ByteBuffer(bytes: PackageResources.page_js))
    }

    /// Escapes the text of an attribute value.
    private static func quoted(_ text: String) -> String {
        [("&", "&amp;"), ("\"", "&quot;"), ("<", "&lt;")].reduce(text) {
            $0.replacing($1.0, with: $1.1)
        }
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
