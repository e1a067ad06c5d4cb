import Configuration

/// A named part of a policy before it is parsed.
struct PolicyItem {
    var name: String
    /// The position of its name.
    var position: ConfigPosition
    var node: ConfigNode
}

/// The parts of all files, each once: a repeated name is an error unless the later one has
/// `replace: true`, or sets a default or budget to the same value.
struct PolicyMerge {
    static let keys = [
        "apiVersion", "kind", "defaults", "protect", "protect_override", "groups", "limits",
        "pools", "rules", "guards", "autosize", "budgets", "hooks", "sinks",
    ]
    /// Mappings by name, and lists of mappings with a name.
    private static let named = ["groups", "pools", "hooks", "sinks"]
    private static let lists = ["rules", "guards", "autosize"]
    private static let plain = ["protect", "protect_override", "limits"]
    private static let tables = ["defaults", "budgets"]

    private(set) var items: [String: [PolicyItem]] = [:]
    private(set) var elements: [String: [ConfigNode]] = [:]
    private(set) var entries: [String: [ConfigEntry]] = [:]

    /// Adds the next file.
    mutating func add(_ node: ConfigNode, _ reader: inout PolicyReader) {
        guard
            let file = reader.fields(
                node, "a policy file", "", keys: Self.keys, required: ["apiVersion"],
                example: "apiVersion: cgwarden/v1")
        else { return }
        for (key, word) in [("apiVersion", "cgwarden/v1"), ("kind", "Policy")] {
            if let node = file[key], let text = reader.text(node, key), text != word {
                reader.note(
                    .value, node.position,
                    "\(key) must be \(word), not \(FindingText.quoted(text))")
            }
        }
        for key in Self.named {
            guard let node = file[key] else { continue }
            let entries = reader.attempt(.value) { () throws(ConfigError) in
                try node.mapping(for: key)
            }
            for entry in entries ?? [] {
                add(
                    PolicyItem(name: entry.key, position: entry.position, node: entry.value), key,
                    &reader)
            }
        }
        for key in Self.lists {
            guard let node = file[key] else { continue }
            for (index, element) in reader.sequence(node, key).enumerated() {
                add(item(element, "\(key)[\(index)]", &reader), key, &reader)
            }
        }
        for key in Self.plain {
            guard let node = file[key] else { continue }
            elements[key, default: []] += reader.sequence(node, key)
        }
        for key in Self.tables {
            guard let node = file[key] else { continue }
            let entries = reader.attempt(.value) { () throws(ConfigError) in
                try node.mapping(for: key)
            }
            add(entries ?? [], key, &reader)
        }
    }

    /// Converts an element of a list; one without a name gets a substitute, so that the rest is
    /// checked.
    private func item(
        _ node: ConfigNode, _ substitute: String, _ reader: inout PolicyReader
    ) -> PolicyItem {
        if case .mapping(let entries) = node.content,
            let entry = entries.first(where: { $0.key == "name" })
        {
            if let name = reader.value(entry.value, "name", .name) {
                return PolicyItem(name: name, position: node.position, node: node)
            }
        }
        return PolicyItem(
            name: "\(node.position.file) \(substitute)", position: node.position, node: node)
    }

    private mutating func add(
        _ item: PolicyItem, _ section: String, _ reader: inout PolicyReader
    ) {
        if Self.named.contains(section), ScalarGrammar<String>.name.read(item.name) == nil {
            reader.note(
                .value, item.position,
                "\(FindingText.quoted(item.name)) must be \(ScalarGrammar<String>.name.example)")
        }
        // Rules and guards share one namespace in reports.
        let shared = section == "rules" ? "guards" : section == "guards" ? "rules" : nil
        let other = shared.flatMap { items[$0] }?.first { $0.name == item.name }
        let index = items[section]?.firstIndex { $0.name == item.name }
        guard let first = other ?? index.flatMap({ items[section]?[$0] }) else {
            items[section, default: []].append(item)
            return
        }
        if let index, isReplacing(item.node, &reader) {
            items[section]?[index] = item
            return
        }
        reader.note(
            .duplicate, item.position,
            "'\(item.name)' is already defined at \(first.position); rename it"
                + (other == nil ? ", or write replace: true" : ""))
    }

    private mutating func add(
        _ new: [ConfigEntry], _ section: String, _ reader: inout PolicyReader
    ) {
        let isReplacing = new.contains { $0.key == "replace" && $0.value.content == .text("true") }
        for entry in new where entry.key != "replace" {
            guard let index = entries[section]?.firstIndex(where: { $0.key == entry.key }) else {
                entries[section, default: []].append(entry)
                continue
            }
            if isReplacing {
                entries[section]?[index] = entry
            } else if let first = entries[section]?[index],
                first.value.content != entry.value.content
            {
                reader.note(
                    .duplicate, entry.position,
                    "'\(entry.key)' is already defined at \(first.position); remove one, or write "
                        + "replace: true in this \(section)")
            }
        }
    }

    private func isReplacing(_ node: ConfigNode, _ reader: inout PolicyReader) -> Bool {
        guard case .mapping(let entries) = node.content,
            let entry = entries.first(where: { $0.key == "replace" })
        else { return false }
        return reader.value(entry.value, "replace", .flag) ?? false
    }

    /// Returns `defaults` or `budgets` of all files as one mapping; nil if no file has it.
    func table(_ section: String) -> ConfigNode? {
        entries[section].flatMap { list in
            list.first.map { ConfigNode(.mapping(list), at: $0.position) }
        }
    }
}
