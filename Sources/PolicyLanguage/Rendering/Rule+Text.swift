import CgroupModel

extension Rule {
    /// The canonical text, with derived and default values, without its position: two rules
    /// with the same text do the same.
    package var canonicalText: String { flow.description }

    private var flow: FlowText {
        .map([
            ("name", .text(name)), ("on", .text(group)), ("scope", .text(scope.rawValue)),
            ("when", .text("\(when)")), ("for", .time(holdTime)), ("until", .text("\(until)")),
            ("until_for", .time(clearTime)), ("cooldown", .time(cooldown)),
            ("max_active", longestActive.map { .time($0) }),
            ("repeat", repetition.map(\.flow)), ("priority", .text("\(priority)")),
            ("do", .list(actions.map(\.flow))), ("undo", undoing.flow),
            ("victims", victims.map(\.flow)), ("dry_run", .flag(isDryRun)),
            ("requires", .words(requirements.map(\.rawValue))),
        ])
    }
}

extension Rule.Repetition {
    fileprivate var flow: FlowText {
        .map([
            ("every", .time(every)), ("max", most.map { .text("\($0)") }),
            ("while", .text("\(condition)")),
        ])
    }
}

extension Rule.Undoing {
    fileprivate var flow: FlowText {
        switch self {
        case .restore: .text("restore")
        case .keep: .text("keep")
        case .relax(let factor, let every):
            .map([
                (
                    "relax",
                    .map([
                        ("factor", .text(PlainNumber.text(factor))), ("every", .time(every)),
                    ])
                )
            ])
        }
    }
}

extension Rule.Victims {
    fileprivate var flow: FlowText {
        var parser = ExpressionParser(by.description, window: .seconds(1))
        let unit = parser.number()?.1 ?? .count
        return .map([
            ("by", .text("\(by)")), ("order", .text(isDescending ? "desc" : "asc")),
            ("take", .text("\(take)")), ("min_gain", leastGain.map { .text(unit.text($0)) }),
        ])
    }
}

extension RuleAction {
    /// The action as a step of `do`.
    fileprivate var flow: FlowText {
        .map([
            (kind.name, kind.flow),
            (
                "on_error",
                continuesOnError == kind.usuallyContinues
                    ? nil : .text(continuesOnError ? "continue" : "stop")
            ),
            ("together", isTogether ? .flag(true) : nil),
        ])
    }
}

extension RuleAction.Kind: CustomStringConvertible {
    /// `freeze {timeout: 60s, on_timeout: kill}`.
    package var description: String { "\(name) \(flow)" }

    fileprivate var flow: FlowText {
        switch self {
        case .set(let settings): Setting.flow(settings)
        case .scale(let scaling): scaling.flow
        case .freeze(let timeout, let onTimeout):
            .map([("timeout", .time(timeout)), ("on_timeout", .text(onTimeout.rawValue))])
        case .thaw: .map([])
        case .pin(let cpus, let mems):
            .map([
                ("cpus", cpus.map { .text("\($0)") }), ("mems", mems.map { .text("\($0)") }),
            ])
        case .reclaim(let reclaiming): reclaiming.flow
        case .kill(let signal, let grace, let force):
            .map([
                ("signal", .text(signal)), ("grace", .time(grace)), ("force", .flag(force)),
            ])
        case .hook(let name, let waits): .map([("name", .text(name)), ("wait", .flag(waits))])
        case .notify(let sinks): .map([("sinks", .words(sinks))])
        case .log(let level): .map([("level", .text(level.rawValue))])
        }
    }
}

extension Scaling {
    fileprivate var flow: FlowText {
        func text(_ value: LimitValue?) -> FlowText? {
            value.map { .text(key.limit?.grammar.text($0) ?? "max") }
        }
        return .map([
            ("attr", .text("\(key)")), ("factor", .text(PlainNumber.text(factor))),
            ("of", .text(base.rawValue)), ("min", text(least)), ("max", text(most)),
        ])
    }
}

extension Reclaiming {
    fileprivate var flow: FlowText {
        let (bytes, target): (UInt64?, UInt64?) =
            switch amount {
            case .bytes(let bytes): (bytes, nil)
            case .down(let target): (nil, target)
            }
        return .map([
            ("bytes", bytes.map { .bytes($0) }), ("to", target.map { .bytes($0) }),
            ("deadline", .time(deadline)), ("swappiness", swappiness.map { .text("\($0)") }),
        ])
    }
}

extension Setting: CustomStringConvertible {
    /// `memory.max: 512MiB`.
    package var description: String {
        switch self {
        case .limit(let key, let value): "\(key): \(Self.text(key, value))"
        case .pool(let name): "cpuset.pool: \(name)"
        }
    }

    private static func text(_ key: LimitKey, _ value: LimitValue) -> String {
        key.limit?.grammar.text(value) ?? "max"
    }

    /// Formats settings as the value of `set`; device rules become lists.
    static func flow(_ settings: [Setting]) -> FlowText {
        var entries: [(String, FlowText?)] = []
        var rules: [(list: String, rules: [String])] = []
        for setting in settings {
            switch setting {
            case .pool(let name): entries.append(("cpuset.pool", .text(name)))
            case .limit(let key, let value) where key.isDeviceRule:
                if rules.isEmpty { entries.append(("devices", nil)) }
                let list = String(key.name.dropFirst("devices.".count))
                if let place = rules.firstIndex(where: { $0.list == list }) {
                    rules[place].rules.append(text(key, value))
                } else {
                    rules.append((list, [text(key, value)]))
                }
            case .limit(let key, let value):
                entries.append((key.description, .text(text(key, value))))
            }
        }
        if let place = entries.firstIndex(where: { $0.0 == "devices" }) {
            entries[place].1 = .map(rules.map { ($0.list, .words($0.rules)) })
        }
        return .map(entries)
    }
}
