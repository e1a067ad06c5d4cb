import CYAML

/// Parses YAML into a ``ConfigNode`` tree and rejects ambiguous input.
///
/// It uses libyaml's events instead of its documents, because a loaded document no longer shows
/// whether a node had an anchor or an explicit tag.
package struct ConfigLoader {
    /// The maximum size of a file in bytes.
    package static let largestFile = 1 << 20
    /// The maximum number of nodes in a file.
    package static let mostNodes = 20_000
    /// The maximum nesting depth of nodes.
    package static let deepestNesting = 64

    private let file: String
    private let bytes: [UInt8]
    /// The file's characters, decoded when a message needs them.
    private var characters: [Unicode.Scalar]?
    private var nodes = 0
    private var open: [Collection] = []
    private var root: ConfigNode?

    /// A list or mapping whose end has not been parsed yet.
    private struct Collection {
        var position: ConfigPosition
        var isMapping: Bool
        var isFlow = false
        var elements: [ConfigNode] = []
        var entries: [ConfigEntry] = []
        var places: [String: ConfigPosition] = [:]
        var key: (text: String, position: ConfigPosition, end: Int)?
    }

    private init(file: String, _ bytes: [UInt8]) {
        self.file = file
        self.bytes = bytes
    }

    /// Parses one document; `file` is its name in messages.
    ///
    /// A file without a document, such as an empty one, is an empty mapping.
    package static func load(_ bytes: [UInt8], file: String) throws(ConfigError) -> ConfigNode {
        let start = ConfigPosition(file: file, line: 1, column: 1)
        guard bytes.count <= largestFile else {
            throw ConfigError(start, "larger than 1 MiB (\(bytes.count) bytes); split the file")
        }
        var loader = ConfigLoader(file: file, bytes)
        var stream = EventStream(bytes)
        var documents = 0
        while true {
            let event: Event
            switch stream.next() {
            case .success(let next): event = next
            case .failure(let failure):
                throw ConfigError(
                    ConfigPosition(file: file, line: failure.line, column: failure.column),
                    failure.message)
            }
            if event.kind == .end { break }
            if event.kind == .documentStart {
                documents += 1
                if documents > 1 {
                    throw ConfigError(
                        loader.position(event), "more than one document; keep one per file")
                }
            }
            try loader.take(event)
        }
        return loader.root ?? ConfigNode(.mapping([]), at: start)
    }

    private func position(_ event: Event) -> ConfigPosition {
        ConfigPosition(file: file, line: event.line, column: event.column)
    }

    private mutating func take(_ event: Event) throws(ConfigError) {
        let place = position(event)
        switch event.kind {
        case .alias(let name):
            throw ConfigError(place, "alias '*\(name)' is not supported; repeat the value")
        case .scalar(let text):
            try count(event, place)
            if text.isEmpty { try checkComma(before: event) }
            try add(ConfigNode(.text(text), at: place), end: event.range.upperBound)
        case .sequenceStart, .mappingStart:
            try count(event, place)
            guard open.count < Self.deepestNesting else {
                throw ConfigError(place, "nested deeper than \(Self.deepestNesting) levels")
            }
            if let top = open.last, top.isMapping, top.key == nil {
                throw ConfigError(place, "a key must be one word, not a list or a mapping")
            }
            open.append(
                Collection(
                    position: place, isMapping: event.kind == .mappingStart, isFlow: event.isFlow))
        case .collectionEnd:
            guard let done = open.popLast() else { return }
            try add(
                ConfigNode(
                    done.isMapping ? .mapping(done.entries) : .sequence(done.elements),
                    at: done.position))
        case .documentStart, .other, .end:
            break
        }
    }

    private mutating func count(_ event: Event, _ place: ConfigPosition) throws(ConfigError) {
        nodes += 1
        guard nodes <= Self.mostNodes else {
            throw ConfigError(place, "more than \(Self.mostNodes) nodes; split the file")
        }
        if let anchor = event.anchor {
            throw ConfigError(place, "anchor '&\(anchor)' is not supported; remove it")
        }
        if let tag = event.tag {
            throw ConfigError(place, "tag '\(tag)' is not supported; remove it")
        }
    }

    /// Refuses a key in braces without a colon, because it is part of a text with a comma.
    private mutating func checkComma(before value: Event) throws(ConfigError) {
        guard let top = open.last, top.isFlow, let key = top.key, key.end <= value.range.lowerBound
        else { return }
        let all = characters ?? Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
        characters = all
        guard value.range.lowerBound <= all.count,
            !all[key.end..<value.range.lowerBound].contains(":")
        else { return }
        let shown = ConfigNode.quoted(key.text)
        throw ConfigError(
            key.position,
            "inside { } a comma or bracket ends a text, so \(shown) is a key without a value; "
                + "quote the expression")
    }

    private mutating func add(_ node: ConfigNode, end: Int = 0) throws(ConfigError) {
        guard var top = open.popLast() else {
            root = node
            return
        }
        if !top.isMapping {
            top.elements.append(node)
        } else if let key = top.key {
            top.entries.append(ConfigEntry(key: key.text, position: key.position, value: node))
            top.key = nil
        } else if case .text(let text) = node.content {
            if let first = top.places[text] {
                throw ConfigError(
                    node.position,
                    "duplicate key '\(text)', first at line \(first.line); remove one")
            }
            top.places[text] = node.position
            top.key = (text, node.position, end)
        }
        open.append(top)
    }
}
