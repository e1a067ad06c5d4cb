import CgroupModel
import Configuration

extension PolicyReader {
    private static let ruleKeys = [
        "name", "on", "scope", "on_event", "when", "for", "until", "until_for", "cooldown",
        "max_active",
        "repeat", "priority", "do", "undo", "victims", "dry_run", "requires", "replace",
    ]

    mutating func rule(_ item: PolicyItem) -> Rule? {
        let path = "rules/\(item.name)"
        guard
            let fields = fields(
                item.node, "a rule", path, keys: Self.ruleKeys,
                required: ["name", "on", "do"])
        else { return nil }
        if fields["when"] == nil, fields["on_event"] == nil {
            note(.missing, item.node.position, "a rule needs 'when' or 'on_event'")
        }
        let event = fields["on_event"].flatMap { trigger($0, "\(path)/on_event") }
        let stated = fields["when"].flatMap { condition($0, "when") }
        let isRead =
            (fields["when"] == nil || stated != nil) && (fields["on_event"] == nil || event != nil)
        let parts = [event.map { Condition.happened($0) }, stated].compactMap(\.self)
        let when = isRead && !parts.isEmpty ? (parts.count == 1 ? parts[0] : .all(parts)) : nil
        let until = fields["until"].flatMap { condition($0, "until") }
        // A rule without a condition is not loaded, but its other errors are still reported.
        let known = when ?? .all([])
        var rule = Rule(
            name: item.name, position: item.position,
            group: reference(fields, "on", .group) ?? "", when: known,
            until: until ?? known.opposite(hysteresis: defaults.hysteresis))
        rule.event = event
        rule.scope = word(fields, "scope") ?? .each
        rule.holdTime = value(fields, "for", .duration) ?? .zero
        rule.clearTime = value(fields, "until_for", .duration) ?? rule.holdTime
        rule.cooldown = value(fields, "cooldown", .duration) ?? defaults.cooldown
        rule.longestActive = value(fields, "max_active", .period)
        rule.repetition = fields["repeat"].flatMap { repetition($0, path, known) }
        rule.priority = value(fields, "priority", Self.priorities) ?? 0
        if let node = fields["do"] {
            let actions = sequence(node, "do")
            if case .sequence([]) = node.content { note(.value, node.position, "do has no action") }
            rule.actions = actions.enumerated().compactMap { action($1, "\(path)/do/\($0)") }
        }
        rule.undoing = fields["undo"].flatMap { undoing($0, path) } ?? .restore
        rule.victims = fields["victims"].flatMap { victims($0, path) }
        rule.isDryRun = value(fields, "dry_run", .flag) ?? false
        if let node = fields["requires"] {
            rule.requirements = oneOrMore(node, "requires").compactMap { word($0, "requirement") }
        }
        return when == nil ? nil : rule
    }

    private mutating func repetition(
        _ node: ConfigNode, _ path: String, _ when: Condition
    ) -> Rule.Repetition? {
        guard
            let fields = fields(
                node, "repeat", "\(path)/repeat", keys: ["every", "max", "while"],
                required: ["every"])
        else { return nil }
        let condition = fields["while"].flatMap { self.condition($0, "while") }
        let most = value(fields, "max", .integer(1...1_000_000))
        guard let every = value(fields, "every", .period) else { return nil }
        return Rule.Repetition(every: every, most: most, while: condition ?? when)
    }

    private mutating func undoing(_ node: ConfigNode, _ path: String) -> Rule.Undoing? {
        if case .text(let text) = node.content {
            switch text {
            case "restore": return .restore
            case "keep": return .keep
            default:
                note(
                    .value, node.position,
                    ConfigNode.unknown("undo", text, among: ["restore", "keep", "relax"]))
                return nil
            }
        }
        guard
            let outer = fields(node, "undo", "\(path)/undo", keys: ["relax"], required: ["relax"]),
            let relax = outer["relax"],
            let fields = fields(
                relax, "relax", "\(path)/undo/relax", keys: ["factor", "every"],
                required: ["factor", "every"])
        else { return nil }
        let factor = value(fields, "factor", .factor)
        let every = value(fields, "every", .period)
        if let factor, factor <= 1, let place = fields["factor"]?.position {
            note(.noChange, place, "relax needs a factor above 1, or the value never returns")
        }
        guard let factor, let every else { return nil }
        return .relax(factor: factor, every: every)
    }

    private mutating func victims(_ node: ConfigNode, _ path: String) -> Rule.Victims? {
        enum Order: String, CaseIterable { case asc, desc }
        guard
            let fields = fields(
                node, "victims", "\(path)/victims", keys: ["by", "order", "take", "min_gain"],
                required: ["by"])
        else { return nil }
        let order: Order = word(fields, "order") ?? .desc
        let take = value(fields, "take", .integer(1...10_000)) ?? 1
        guard let by = fields["by"].flatMap({ number($0, "by") }) else { return nil }
        var gain: Double?
        if let node = fields["min_gain"], let (expression, unit) = number(node, "min_gain") {
            if case .literal(let number, _) = expression, unit == by.1 {
                gain = number
            } else {
                note(
                    .unit, node.position,
                    "min_gain must be in \(by.1.noun), as 'by' is; write \(by.1.example)")
            }
        }
        return Rule.Victims(
            by: by.0, isDescending: order == .desc, take: take, leastGain: gain)
    }
}
