/// Content negotiation from a client's request headers.
package enum Negotiation {
    /// Returns the preferred format of an `Accept` header, or text if it names no known format.
    ///
    /// Never fails, because a client that asks for something else can still read text.
    package static func format(accept: String) -> ExpositionFormat {
        preferences(accept).lazy.compactMap(format).first ?? .text
    }

    /// Whether an `Accept-Encoding` header allows gzip by name.
    package static func allowsGzip(acceptEncoding: String) -> Bool {
        preferences(acceptEncoding).contains { $0.name == "gzip" }
    }

    /// One element of a header list.
    private struct Preference {
        /// The media type or the coding, in lower case.
        var name: String
        var version: String?
        var quality = 1.0
    }

    private static func format(_ preference: Preference) -> ExpositionFormat? {
        switch (preference.name, preference.version) {
        case ("application/openmetrics-text", nil), ("application/openmetrics-text", "1.0.0"):
            .openMetrics
        case ("text/plain", nil), ("text/plain", "0.0.4"), ("text/*", _), ("*/*", _): .text
        default: nil
        }
    }

    /// The acceptable elements, most preferred first; equals keep their order.
    private static func preferences(_ header: String) -> [Preference] {
        header.split(separator: ",").compactMap(preference).filter { $0.quality > 0 }
            .enumerated()
            .sorted { ($1.element.quality, $0.offset) < ($0.element.quality, $1.offset) }
            .map(\.element)
    }

    /// Parses an element; nil if its quality is not a number from 0 to 1.
    private static func preference(_ element: Substring) -> Preference? {
        let parts = element.split(separator: ";", omittingEmptySubsequences: false)
        guard let first = parts.first else { return nil }
        var preference = Preference(name: trimmed(first).lowercased())
        for parameter in parts.dropFirst() {
            let pair = parameter.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { continue }
            let value = trimmed(pair[1])
            switch trimmed(pair[0]).lowercased() {
            case "version": preference.version = value
            case "q":
                guard let quality = Double(value), (0...1).contains(quality) else { return nil }
                preference.quality = quality
            default: break
            }
        }
        return preference
    }

    private static func trimmed(_ text: Substring) -> String {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        let tail = text.drop(while: isBlank)
        guard let last = tail.lastIndex(where: { !isBlank($0) }) else { return "" }
        return String(tail[...last])
    }
}
