internal import Configuration

/// Accessors for files of the exporter toolkit, where a key without a value counts as absent.
extension ConfigNode {
    /// Whether the key has no value.
    var isEmpty: Bool { content == .text("") }

    /// The entries that have a value; the section itself may be empty.
    func entries(for what: String, keys: [String]) throws(ConfigError) -> [ConfigEntry] {
        isEmpty ? [] : try mapping(for: what, keys: keys).filter { !$0.value.isEmpty }
    }

    /// A text that may be empty.
    func optionalText(for what: String) throws(ConfigError) -> String {
        isEmpty ? "" : try text(for: what)
    }

    /// A Boolean in any of the words that YAML 1.1 allows.
    func flag(for what: String) throws(ConfigError) -> Bool {
        switch try text(for: what).lowercased() {
        case "true", "yes", "on", "y": return true
        case "false", "no", "off", "n": return false
        default: throw ConfigError(position, "\(what) must be true or false")
        }
    }

    /// The texts of a list, each with its position.
    func texts(for what: String) throws(ConfigError) -> [(text: String, position: ConfigPosition)] {
        var texts: [(text: String, position: ConfigPosition)] = []
        for node in try sequence(for: what) {
            texts.append((try node.text(for: what), node.position))
        }
        return texts
    }
}

/// Durations in Go's syntax: `1s`, `1m30s`, `200ms`.
enum GoDuration {
    private static let units: [(name: String, seconds: Double)] = [
        ("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600),
    ]

    /// Parses a duration; nil if the text is not one.
    ///
    /// A number needs a unit unless it is 0.
    static func parse(_ text: String) -> Duration? {
        if text == "0" { return .zero }
        var rest = text[...]
        var seconds = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(name.count)
            guard let number = Double(digits),
                let unit = units.first(where: { $0.name == name })
            else { return nil }
            seconds += number * unit.seconds
        }
        guard !text.isEmpty, seconds < 1e9 else { return nil }
        return .seconds(seconds)
    }
}
