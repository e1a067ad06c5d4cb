import CgroupModel
import Configuration

extension PolicyReader {
    private static let guardKeys = [
        "name", "on", "limit", "freeze_at", "resume_at", "resume_for", "max_frozen", "relief",
        "on_timeout", "notify", "i_accept_hang", "allow_force_empty", "oom_group", "replace",
    ]

    mutating func oomGuard(_ item: PolicyItem) -> OOMGuard? {
        let path = "guards/\(item.name)"
        guard
            let fields = fields(
                item.node, "a guard", path, keys: Self.guardKeys,
                required: ["name", "on", "max_frozen"])
        else { return nil }
        var result = OOMGuard(
            name: item.name, position: item.position,
            group: reference(fields, "on", .group) ?? "",
            longestFrozen: value(fields, "max_frozen", .period) ?? .zero, relief: [])
        result.limit = bytes(fields, "limit")
        result.freezeAt = portion(fields, "freeze_at") ?? result.freezeAt
        result.resumeAt = portion(fields, "resume_at") ?? result.resumeAt
        result.resumeFor = value(fields, "resume_for", .duration) ?? result.resumeFor
        if let node = fields["relief"] {
            result.relief = oneOrMore(node, "relief").enumerated().compactMap {
                relief($1, "\(path)/relief/\($0)")
            }
        }
        result.onTimeout = word(fields, "on_timeout") ?? result.onTimeout
        result.sinks = references(fields, "notify", .sink)
        result.allowsForceEmpty = value(fields, "allow_force_empty", .flag) ?? false
        result.killsAsOne = value(fields, "oom_group", .flag) ?? false
        check(result, fields)
        return result
    }

    private mutating func check(_ oomGuard: OOMGuard, _ fields: Fields) {
        let name = "guard '\(oomGuard.name)'"
        func place(_ key: String) -> ConfigPosition { fields[key]?.position ?? oomGuard.position }
        if fields["relief"] == nil || fields["relief"]?.content == .sequence([]) {
            note(
                .guardWithoutRelief, place("relief"),
                "\(name) has no relief: frozen processes cannot free memory; add reclaim, "
                    + "raise or a hook")
        }
        if oomGuard.resumeAt >= oomGuard.freezeAt {
            note(
                .minAboveMax, place(fields["resume_at"] == nil ? "freeze_at" : "resume_at"),
                "\(name) must thaw at a lower level than it freezes; lower resume_at")
        }
        let accepts = value(fields, "i_accept_hang", .flag) ?? false
        switch oomGuard.onTimeout {
        case .stay where !accepts:
            note(
                .stayNotAccepted, place("on_timeout"),
                "\(name) may stay frozen forever; add i_accept_hang: true to allow that")
        case .kill where !defaults.allowsKill:
            note(
                .killNotAllowed, place("on_timeout"),
                "\(name) may kill; add allow_kill: true to defaults to allow that")
        case .raise where !oomGuard.relief.contains(where: \.isRaise):
            note(
                .missing, place("on_timeout"),
                "\(name) cannot raise without a ceiling; add relief: [{raise: {…}}]")
        default: break
        }
    }

    /// Reads a share of the limit, above 0 and at most 1.
    private mutating func portion(_ fields: Fields, _ key: String) -> Double? {
        guard let share = value(fields, key, .share) else { return nil }
        guard share > 0, share <= 1 else {
            if let node = fields[key] {
                note(.exceedsBounds, node.position, "\(key) must be between 0% and 100%")
            }
            return nil
        }
        return share
    }

    private mutating func relief(_ node: ConfigNode, _ path: String) -> OOMGuard.Relief? {
        if case .text(let text) = node.content {
            if text == "reclaim" { return .reclaim }
            note(
                .value, node.position,
                ConfigNode.unknown("relief", text, among: ["reclaim", "raise", "hook"]))
            return nil
        }
        guard let fields = fields(node, "relief", path, keys: ["raise", "hook"]) else {
            return nil
        }
        switch (fields["raise"], fields["hook"]) {
        case (let raise?, nil): return self.raise(raise, "\(path)/raise")
        case (nil, let hook?): return reference(hook, .hook).map { .hook($0) }
        default:
            note(
                .value, node.position, "one relief per step: reclaim, {raise: {…}} or {hook: NAME}")
            return nil
        }
    }

    private mutating func raise(_ node: ConfigNode, _ path: String) -> OOMGuard.Relief? {
        let keys = ["step", "ceiling", "host_free_min"]
        guard
            let fields = fields(
                node, "raise", path, keys: keys, required: ["step", "ceiling"]),
            let step = bytes(fields, "step"), let ceiling = bytes(fields, "ceiling")
        else { return nil }
        if step == 0, let place = fields["step"] {
            note(.noChange, place.position, "a step of 0 raises nothing")
        }
        let free = bytes(fields, "host_free_min") ?? 0
        return .raise(step: step, ceiling: ceiling, hostFreeAtLeast: free)
    }

    private static let autosizeKeys = [
        "name", "on", "target", "floor", "ceiling", "step", "every", "mode", "replace",
    ]

    mutating func autosizer(_ item: PolicyItem) -> Autosizer? {
        guard
            let fields = fields(
                item.node, "an autosizer", "autosize/\(item.name)", keys: Self.autosizeKeys,
                required: ["name", "on"])
        else { return nil }
        var result = Autosizer(
            name: item.name, position: item.position,
            group: reference(fields, "on", .group) ?? "")
        result.target = value(fields, "target", .percent) ?? result.target
        result.floor = bytes(fields, "floor")
        result.ceiling = bytes(fields, "ceiling")
        result.step = value(fields, "step", .share) ?? result.step
        result.every = value(fields, "every", .period) ?? result.every
        result.mode = word(fields, "mode") ?? result.mode
        if let floor = result.floor, let ceiling = result.ceiling, floor > ceiling,
            let node = fields["floor"]
        {
            note(.minAboveMax, node.position, "the floor is above the ceiling")
        }
        for (key, number, most) in [("target", result.target, 100), ("step", result.step, 0.5)]
        where number <= 0 || number > most {
            if let node = fields[key] {
                note(
                    .exceedsBounds, node.position,
                    "\(key) must be above 0% and at most \(key == "step" ? "50%" : "100%")")
            }
        }
        if mode == .v1 {
            note(
                .disabledHere, item.position,
                "autosizer '\(item.name)' only estimates on v1; it writes nothing")
        }
        return result
    }
}

extension OOMGuard.Relief {
    fileprivate var isRaise: Bool {
        if case .raise = self { true } else { false }
    }
}
