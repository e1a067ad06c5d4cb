import CgroupModel
import Configuration

/// Converts the nodes of policy files to typed values, and collects all findings.
///
/// The sections are in `PolicyReader+*.swift`. Invalid parts are skipped, so that all errors are
/// reported at once.
struct PolicyReader {
    let host: HostFacts
    let mode: HierarchyMode
    /// The controllers on v1, for a known hybrid host.
    let legacyControllers: Set<Controller>?
    var sources: [String: SourceText] = [:]
    var findings: [PolicyFinding] = []
    var places = PolicyPlaces()
    /// The defaults, which are read first, because other sections use them.
    var defaults = PolicyDefaults()
    /// The names that other parts can reference.
    var names: [ReferenceKind: [String]] = [:]
    /// The positions of conditions on I/O that this host does not count.
    var uncounted: [(term: String, position: ConfigPosition)] = []
    /// The parts that are referenced: `groups/web`.
    var used: Set<String> = []

    init(host: HostFacts, mode: HierarchyMode, legacyControllers: Set<Controller>? = nil) {
        self.host = host
        self.mode = mode
        self.legacyControllers = legacyControllers
    }

    mutating func note(_ rule: FindingRule, _ place: ConfigPosition, _ message: String) {
        findings.append(PolicyFinding(rule, place, message))
    }

    /// Runs `body`, and records its error as a finding.
    mutating func attempt<Result>(
        _ rule: FindingRule, _ body: () throws(ConfigError) -> Result
    ) -> Result? {
        do throws(ConfigError) {
            return try body()
        } catch {
            note(rule, error.position, error.message)
            return nil
        }
    }
}

/// The kinds of references between parts.
enum ReferenceKind: String, CaseIterable {
    case group, pool, hook, sink
}

/// The entries of a mapping whose keys are known.
struct Fields {
    /// The kind, for messages.
    var what: String
    /// The path in the document: `rules/park`.
    var path: String
    var position: ConfigPosition
    var entries: [String: ConfigEntry]

    subscript(key: String) -> ConfigNode? { entries[key]?.value }
}

extension PolicyReader {
    /// Reads a mapping; unknown and missing keys are findings.
    mutating func fields(
        _ node: ConfigNode, _ what: String, _ path: String, keys: [String],
        required: [String] = [], example: String? = nil
    ) -> Fields? {
        guard
            let entries = attempt(
                .value,
                { () throws(ConfigError) in
                    try node.mapping(for: what)
                })
        else { return nil }
        var result = Fields(what: what, path: path, position: node.position, entries: [:])
        var misspelt: [String] = []
        for entry in entries {
            guard keys.contains(entry.key) else {
                if let meant = ConfigNode.nearest(to: entry.key, among: keys) {
                    misspelt.append(meant)
                }
                note(
                    .key, entry.position,
                    ConfigNode.unknown("key", entry.key, in: what, among: keys))
                continue
            }
            result.entries[entry.key] = entry
            places["\(path)/\(entry.key)"] = entry.value.position
        }
        for key in required where result.entries[key] == nil && !misspelt.contains(key) {
            let advice = example.map { "; write `\($0)`" } ?? ""
            note(.missing, node.position, "\(what) needs '\(key)'\(advice)")
        }
        return result
    }

    mutating func text(_ node: ConfigNode, _ what: String) -> String? {
        attempt(.value) { () throws(ConfigError) in try node.text(for: what) }
    }

    mutating func sequence(_ node: ConfigNode, _ what: String) -> [ConfigNode] {
        attempt(.value) { () throws(ConfigError) in try node.sequence(for: what) } ?? []
    }

    /// Reads a list or a single value.
    mutating func oneOrMore(_ node: ConfigNode, _ what: String) -> [ConfigNode] {
        if case .text = node.content { return [node] }
        return sequence(node, what)
    }

    mutating func value<Value>(
        _ node: ConfigNode, _ what: String, _ grammar: ScalarGrammar<Value>
    ) -> Value? {
        guard let text = text(node, what) else { return nil }
        if let value = grammar.read(text) { return value }
        let isBare = grammar.needsUnit && PlainNumber.value(text) != nil
        note(
            isBare ? .unit : .value, node.position,
            isBare
                ? "\(what): \(FindingText.quoted(text)) has no unit; write \(grammar.example)"
                : "\(what) must be \(grammar.example), not \(FindingText.quoted(text))"
                    + (grammar.meant(text).map { "; \(Spelling.question([$0]))" } ?? ""))
        return nil
    }

    mutating func value<Value>(
        _ fields: Fields, _ key: String, _ grammar: ScalarGrammar<Value>
    ) -> Value? {
        fields[key].flatMap { value($0, key, grammar) }
    }

    mutating func word<Word: RawRepresentable & CaseIterable>(
        _ fields: Fields, _ key: String, _: Word.Type = Word.self
    ) -> Word? where Word.RawValue == String {
        fields[key].flatMap { word($0, key) }
    }

    mutating func word<Word: RawRepresentable & CaseIterable>(
        _ node: ConfigNode, _ what: String
    ) -> Word? where Word.RawValue == String {
        let words = Word.allCases.map(\.rawValue)
        return attempt(.value) { () throws(ConfigError) in
            try node.word(for: what, among: words)
        }.flatMap { Word(rawValue: $0) }
    }

    /// Reads the value of a limit.
    mutating func limit(
        _ node: ConfigNode, _ what: String, _ grammar: LimitGrammar, as name: CatalogName? = nil
    ) -> LimitValue? {
        guard let text = listed(node, what, grammar) ?? text(node, what) else { return nil }
        do throws(LimitError) {
            if let name { return try name.value(text, host: host) }
            return try grammar.parse(text, host: host)
        } catch {
            note(error.isUnitMissing ? .unit : .value, node.position, "\(what): \(error)")
            return nil
        }
    }

    /// Joins a YAML list of CPUs or memory nodes: `[0, 2-3]` becomes `0,2-3`; nil for anything
    /// else.
    private mutating func listed(
        _ node: ConfigNode, _ what: String, _ grammar: LimitGrammar
    ) -> String? {
        guard grammar == .cpuList || grammar == .nodeList,
            case .sequence(let parts) = node.content, !parts.isEmpty
        else { return nil }
        let texts = parts.compactMap { text($0, what) }
        return texts.count == parts.count ? texts.joined(separator: ",") : nil
    }

    mutating func bytes(_ fields: Fields, _ key: String) -> UInt64? {
        guard let node = fields[key], let value = limit(node, key, .bytes) else { return nil }
        if value.number == nil {
            note(.value, node.position, "\(key) needs a finite value, such as 512MiB")
        }
        return value.number
    }

    /// Reads the name of another part.
    mutating func reference(
        _ fields: Fields, _ key: String, _ kind: ReferenceKind
    ) -> String? {
        fields[key].flatMap { reference($0, kind) }
    }

    mutating func reference(_ node: ConfigNode, _ kind: ReferenceKind) -> String? {
        guard let name = text(node, "a \(kind.rawValue)") else { return nil }
        return resolve(name, kind, at: node.position) ? name : nil
    }

    /// Whether a name is defined; records its use or a finding.
    @discardableResult
    mutating func resolve(
        _ name: String, _ kind: ReferenceKind, at position: ConfigPosition
    ) -> Bool {
        let known = names[kind] ?? []
        guard known.contains(name) else {
            note(.reference, position, FindingText.unknown(kind.rawValue, name, among: known))
            return false
        }
        used.insert("\(kind.rawValue)s/\(name)")
        return true
    }

    mutating func references(
        _ fields: Fields, _ key: String, _ kind: ReferenceKind
    ) -> [String] {
        guard let node = fields[key] else { return [] }
        return oneOrMore(node, key).compactMap { reference($0, kind) }
    }
}
