import CgroupModel
import Configuration

extension PolicyReader {
    /// Reads a condition: one expression, or `{all|any|not: [...]}`.
    mutating func condition(
        _ node: ConfigNode, _ what: String, isHostOnly: Bool = false, depth: Int = 0
    ) -> Condition? {
        guard case .mapping(let entries) = node.content else {
            guard let text = text(node, what) else { return nil }
            var parser = ExpressionParser(text, window: defaults.rateWindow, depth: depth)
            let result = parser.condition()
            take(parser, node, isHostOnly: isHostOnly)
            return result
        }
        let keys = ["all", "any", "not"]
        guard entries.count == 1, let entry = entries.first else {
            note(.value, node.position, "\(what) must be an expression, or one of all, any, not")
            return nil
        }
        guard keys.contains(entry.key) else {
            note(
                .key, entry.position,
                ConfigNode.unknown("key", entry.key, in: what, among: keys))
            return nil
        }
        guard depth < ExpressionParser.deepest else {
            note(
                .syntax, node.position,
                "nested deeper than \(ExpressionParser.deepest) levels; split the rule")
            return nil
        }
        let nodes: [ConfigNode]
        if entry.key == "not", case .mapping = entry.value.content {
            nodes = [entry.value]
        } else {
            nodes = oneOrMore(entry.value, entry.key)
        }
        let parts = nodes.map {
            condition($0, what, isHostOnly: isHostOnly, depth: depth + 1)
        }
        if nodes.isEmpty { note(.value, entry.value.position, "'\(entry.key)' has no condition") }
        let known = parts.compactMap { $0 }
        guard known.count == nodes.count, let first = known.first else { return nil }
        // `not` with several conditions means that none of them is true.
        let joined = known.count == 1 ? first : entry.key == "all" ? .all(known) : .any(known)
        return entry.key == "not" ? .not(joined) : joined
    }

    /// Reads an expression and its unit.
    mutating func number(_ node: ConfigNode, _ what: String) -> (Expression, PolicyUnit)? {
        guard let text = text(node, what) else { return nil }
        var parser = ExpressionParser(text, window: defaults.rateWindow)
        let result = parser.number()
        take(parser, node, isHostOnly: false)
        return result
    }

    private static func countsIO(_ name: String) -> Bool {
        guard let metric = PolicyVocabulary.metric(named: name), metric.isCounter,
            case .catalog(let row) = metric.source
        else { return false }
        return MetricCatalog[row].controller == .io
    }

    /// Warns of conditions on I/O that this host does not count, unless the policy sets an I/O
    /// limit.
    mutating func noteUncounted(_ document: PolicyDocument) {
        let isLimited = document.limits.flatMap(\.settings).contains {
            if case .limit(let key, _) = $0 { key.name.hasPrefix("io.max.") } else { false }
        }
        guard !isLimited else { return }
        for (term, position) in uncounted {
            note(
                .uncounted, position,
                "v1 counts I/O on a disk only once some cgroup has an I/O limit on it, and none has "
                    + "here: \(term) has no value; set one, such as "
                    + "io.max.wbps[/dev/vda]: 100GB/s")
        }
    }

    /// Advice for a truncated expression: inside brackets, a comma ends an unquoted text.
    private static func hint(_ text: [Unicode.Scalar]) -> String {
        let opened = text.count { $0 == "(" }
        return opened == text.count { $0 == ")" }
            ? "" : "; inside [ ] and { } a comma ends a text: quote the expression"
    }

    /// Records the errors of an expression at their positions in the file.
    private mutating func take(
        _ parser: ExpressionParser, _ node: ConfigNode, isHostOnly: Bool
    ) {
        let source = sources[node.position.file]
        func place(_ offset: Int) -> ConfigPosition {
            source?.place(of: offset, in: parser.text, at: node.position) ?? node.position
        }
        for mistake in parser.mistakes {
            note(mistake.rule, place(mistake.offset), mistake.message + Self.hint(parser.text))
        }
        for (written, canonical, offset) in parser.formerNames {
            note(.formerName, place(offset), "\(written) is an old name; use \(canonical)")
        }
        for (term, offset) in parser.terms {
            if case .group(let name) = term.scope {
                resolve(name, .group, at: place(offset))
            }
            if isHostOnly, term.scope != .host {
                note(
                    .hostOnly, place(offset),
                    "'\(term)' is a metric of a cgroup; use one of the host, such as host.load")
            }
            if !host.isIOCounted, term.scope != .host, Self.countsIO(term.name) {
                uncounted.append((term.description, place(offset)))
            }
            if let obstacle = PolicyVocabulary.obstacle(to: term, on: mode) {
                note(
                    defaults.missingMetricIsError ? .metric : .disabledHere, place(offset),
                    "\(obstacle); what uses it is disabled there")
            }
        }
    }
}
