internal import CgroupModel

/// Typed access to nodes for a strict schema; every error gives the position and the expected form.
extension ConfigNode {
    /// The text of a scalar; throws if it is empty.
    package func text(for what: String) throws(ConfigError) -> String {
        guard case .text(let text) = content else {
            throw ConfigError(position, "\(what) must be one value, not \(kind)")
        }
        guard !text.isEmpty else { throw ConfigError(position, "\(what) has no value; write one") }
        return text
    }

    /// The elements of a list.
    package func sequence(for what: String) throws(ConfigError) -> [ConfigNode] {
        guard case .sequence(let nodes) = content else {
            throw ConfigError(position, "\(what) must be a list (- a), not \(kind)")
        }
        return nodes
    }

    /// The entries of a mapping; throws on a key that is not in `keys`.
    package func mapping(
        for what: String, keys: [String]
    ) throws(ConfigError) -> [ConfigEntry] {
        let entries = try mapping(for: what)
        for entry in entries where !keys.contains(entry.key) {
            throw ConfigError(entry.position, Self.unknown("key", entry.key, among: keys))
        }
        return entries
    }

    /// The entries of a mapping with arbitrary keys.
    package func mapping(for what: String) throws(ConfigError) -> [ConfigEntry] {
        guard case .mapping(let entries) = content else {
            throw ConfigError(position, "\(what) must be a mapping (key: value), not \(kind)")
        }
        return entries
    }

    /// One word of a fixed set.
    package func word(for what: String, among words: [String]) throws(ConfigError) -> String {
        let text = try text(for: what)
        guard words.contains(text) else {
            throw ConfigError(
                position, "\(what) cannot be " + Self.unknown(text, among: words))
        }
        return text
    }

    /// The message `unknown key 'x' in a rule; did you mean 'y'?`; lists all valid words if none is
    /// similar.
    ///
    /// `place` names the enclosing object; nil if the position is enough.
    package static func unknown(
        _ what: String, _ text: String, in place: String? = nil, among valid: [String]
    ) -> String {
        "unknown \(what) " + unknown(text, in: place, among: valid)
    }

    private static func unknown(
        _ text: String, in place: String? = nil, among valid: [String]
    ) -> String {
        let list = "valid: \(valid.joined(separator: ", "))"
        return "\(quoted(text))\(place.map { " in \($0)" } ?? ""); "
            + Spelling.hint(for: text, among: valid, otherwise: list)
    }

    /// The most similar valid word; nil if none is similar.
    package static func nearest(to text: String, among valid: [String]) -> String? {
        Spelling.names(like: text, among: valid, most: 1).first
    }

    /// A text for use in a message: quoted, on one line, and at most 60 characters long.
    package static func quoted(_ text: String) -> String {
        let shown = String(String.UnicodeScalarView(text.unicodeScalars.prefix(60))).printable
        return text.unicodeScalars.count > 60 ? "'\(shown)…'" : "'\(shown)'"
    }

    private var kind: String {
        switch content {
        case .text(let text): text.isEmpty ? "nothing" : "one value"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}
