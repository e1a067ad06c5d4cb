import CgroupModel
import Configuration

extension PolicyReader {
    /// The kinds of steps of `do`.
    private enum ActionName: String, CaseIterable {
        case set, scale, freeze, thaw, pin, reclaim, kill, hook, notify, log
    }

    /// The values of `on_error`.
    private enum ErrorReaction: String, CaseIterable { case stop, `continue` }

    mutating func action(_ node: ConfigNode, _ path: String) -> RuleAction? {
        let names = ActionName.allCases.map(\.rawValue)
        if case .text(let text) = node.content {
            guard let name: ActionName = word(node, "action") else { return nil }
            guard name == .thaw || name == .log || name == .notify else {
                note(.missing, node.position, "\(text) needs its values: {\(text): {…}}")
                return nil
            }
            let empty = ConfigNode(.mapping([]), at: node.position)
            return action(name, empty, path).map { RuleAction($0) }
        }
        guard
            let fields = fields(node, "an action", path, keys: names + ["on_error", "together"])
        else { return nil }
        let written: ErrorReaction? = word(fields, "on_error")
        let chosen = ActionName.allCases.filter { fields[$0.rawValue] != nil }
        guard chosen.count == 1, let name = chosen.first, let value = fields[name.rawValue] else {
            if chosen.count > 1 || node.content == .mapping([]) {
                note(
                    .value, node.position,
                    "one action per step: one of \(names.joined(separator: ", "))")
            }
            return nil
        }
        let isTogether = self.value(fields, "together", .flag) ?? false
        if name != .set, let node = fields["together"] {
            note(.key, node.position, "together applies only to set; remove it")
        }
        return action(name, value, "\(path)/\(name.rawValue)").map {
            RuleAction(
                $0, continuesOnError: written.map { $0 == .continue } ?? $0.usuallyContinues,
                isTogether: isTogether)
        }
    }

    private mutating func action(
        _ name: ActionName, _ given: ConfigNode, _ path: String
    ) -> RuleAction.Kind? {
        // `kill:` without a value uses all defaults.
        let isEmpty = given.content == .text("")
        let node = isEmpty ? ConfigNode(.mapping([]), at: given.position) : given
        switch name {
        case .set:
            let settings = settings(node, path, on: mode)
            return settings.isEmpty ? nil : .set(settings)
        case .scale: return scaling(node, path).map { .scale($0) }
        case .freeze: return freeze(node, path)
        case .thaw:
            return fields(node, "thaw", path, keys: []).map { _ in .thaw }
        case .pin: return pin(node, path)
        case .reclaim: return reclaiming(node, path).map { .reclaim($0) }
        case .kill: return kill(node, path)
        case .hook:
            guard let fields = mapping(node, "hook", path, keys: ["name", "wait"], one: "name")
            else { return nil }
            let waits = value(fields, "wait", .flag) ?? true
            return reference(fields, "name", .hook).map { .hook(name: $0, waits: waits) }
        case .notify:
            guard let fields = fields(node, "notify", path, keys: ["sinks"]) else { return nil }
            return .notify(sinks: references(fields, "sinks", .sink))
        case .log:
            guard let fields = mapping(node, "log", path, keys: ["level"], one: "level") else {
                return nil
            }
            return .log(word(fields, "level") ?? .notice)
        }
    }

    /// Reads a mapping, or the bare value of its main key.
    private mutating func mapping(
        _ node: ConfigNode, _ what: String, _ path: String, keys: [String], one main: String
    ) -> Fields? {
        guard case .text(let text) = node.content, !text.isEmpty else {
            return fields(node, what, path, keys: keys, required: main == "level" ? [] : [main])
        }
        let entry = ConfigEntry(key: main, position: node.position, value: node)
        return Fields(what: what, path: path, position: node.position, entries: [main: entry])
    }

    private mutating func freeze(_ node: ConfigNode, _ path: String) -> RuleAction.Kind? {
        guard let fields = fields(node, "freeze", path, keys: ["timeout", "on_timeout"]) else {
            return nil
        }
        let reaction: FreezeTimeout = word(fields, "on_timeout") ?? .thaw
        if fields["timeout"] == nil {
            note(
                .freezeWithoutTimeout, node.position,
                "freeze needs a timeout, such as {timeout: 60s}")
        }
        return value(fields, "timeout", .period).map { .freeze(timeout: $0, onTimeout: reaction) }
    }

    private mutating func pin(_ node: ConfigNode, _ path: String) -> RuleAction.Kind? {
        guard let fields = fields(node, "pin", path, keys: ["cpus", "pool", "mems"]) else {
            return nil
        }
        if let pool = fields["pool"] {
            if fields["cpus"] != nil || fields["mems"] != nil {
                note(
                    .value, node.position,
                    "a pool determines CPUs and memory nodes; remove cpus and mems")
            }
            return reference(pool, .pool).map { .set([.pool($0)]) }
        }
        guard fields["cpus"] != nil || fields["mems"] != nil else {
            note(.missing, node.position, "pin needs cpus, pool or mems")
            return nil
        }
        let cpus = fields["cpus"].flatMap { limit($0, "cpus", .cpuList) }
        let mems = fields["mems"].flatMap { limit($0, "mems", .nodeList) }
        guard (cpus != nil) == (fields["cpus"] != nil), (mems != nil) == (fields["mems"] != nil)
        else { return nil }
        return .pin(cpus: cpus?.list, mems: mems?.list)
    }

    private mutating func reclaiming(_ node: ConfigNode, _ path: String) -> Reclaiming? {
        guard
            let fields = fields(
                node, "reclaim", path, keys: ["bytes", "to", "deadline", "swappiness"])
        else { return nil }
        let deadline = value(fields, "deadline", .period) ?? .seconds(2)
        let swappiness = value(fields, "swappiness", .integer(0...200)).map { UInt32($0) }
        guard (fields["bytes"] == nil) != (fields["to"] == nil) else {
            note(.missing, node.position, "reclaim needs either bytes or to")
            return nil
        }
        let amount =
            bytes(fields, "bytes").map { Reclaiming.Amount.bytes($0) }
            ?? bytes(fields, "to").map { .down(to: $0) }
        return amount.map { Reclaiming($0, deadline: deadline, swappiness: swappiness) }
    }

    private mutating func kill(_ node: ConfigNode, _ path: String) -> RuleAction.Kind? {
        guard let fields = fields(node, "kill", path, keys: ["signal", "grace", "force"]) else {
            return nil
        }
        return .kill(
            signal: value(fields, "signal", .signal) ?? "TERM",
            grace: value(fields, "grace", .duration) ?? .seconds(10),
            force: value(fields, "force", .flag) ?? true)
    }

    // MARK: Scaling

    private mutating func scaling(_ node: ConfigNode, _ path: String) -> Scaling? {
        guard
            let fields = fields(
                node, "scale", path, keys: ["attr", "factor", "of", "min", "max"],
                required: ["attr", "factor"])
        else { return nil }
        let factor = value(fields, "factor", .factor)
        let base: Scaling.Base = word(fields, "of") ?? .current
        if factor == 1, base == .current, let place = fields["factor"]?.position {
            note(.noChange, place, "a factor of 1 changes nothing")
        }
        guard let attribute = fields["attr"], let written = text(attribute, "attr"),
            let (key, name) = limitKey(written, at: attribute.position), let row = key.limit
        else { return nil }
        checkPresence(of: row, on: mode, at: attribute.position)
        guard row.grammar.isScalable else {
            note(
                .attribute, attribute.position,
                "\(row.name) is not an amount that can be scaled; use set")
            return nil
        }
        if base == .usage, row.usage == nil, let place = fields["of"] {
            note(
                .value, place.position, "\(row.name) has no usage; write of: current")
        }
        let least = fields["min"].flatMap { limit($0, "min", row.grammar, as: name) }
        let most = fields["max"].flatMap { limit($0, "max", row.grammar, as: name) }
        if let least, let most, least.isWider(than: most), let place = fields["min"] {
            note(
                .minAboveMax, place.position,
                "min \(row.grammar.text(least)) is above max \(row.grammar.text(most))")
        }
        return factor.map { Scaling(key: key, factor: $0, of: base, least: least, most: most) }
    }
}

extension LimitGrammar {
    fileprivate var isScalable: Bool {
        switch self {
        case .bytes, .cpus, .time, .weight, .count, .bytesPerSecond, .operationsPerSecond: true
        default: false
        }
    }
}

extension LimitValue {
    /// A list of CPUs or memory nodes.
    var list: RangeList? {
        guard case .text(let text) = self else { return nil }
        return RangeList(text)
    }
}
