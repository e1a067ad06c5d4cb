import CgroupModel

extension PolicyDocument {
    /// The policy as one file: every value explicit, one part per line.
    ///
    /// It loads as the same policy, and equivalent policies have the same text, so it
    /// can be compared and hashed.
    package var canonicalText: String {
        var lines = ["apiVersion: cgwarden/v1", "defaults: \(defaults.flow)"]
        lines.append("budgets: \(budgets.flow)")
        func line(_ key: String, _ value: FlowText?) {
            if let value { lines.append("\(key): \(value)") }
        }
        line("protect", .words(protection.spared.map(\.description)))
        line("protect_override", .words(protection.overridden.map(\.description)))
        func section(_ name: String, _ parts: [String]) {
            if !parts.isEmpty { lines += ["\(name):"] + parts.map { "  \($0)" } }
        }
        section("groups", groups.map { "\(FlowText.scalar($0.name)): \($0.flow)" })
        let reserved = reservedCPUs.map { "reserved: \(FlowText.map([$0.entry]))" }
        section(
            "pools",
            (reserved.map { [$0] } ?? [])
                + pools.map { "\(FlowText.scalar($0.name)): \($0.flow)" })
        section("hooks", hooks.map { "\(FlowText.scalar($0.name)): \($0.flow)" })
        section("sinks", sinks.map { "\(FlowText.scalar($0.name)): \($0.flow)" })
        section("limits", limits.map { "- \($0.canonicalText)" })
        section("rules", rules.map { "- \($0.canonicalText)" })
        section("guards", guards.map { "- \($0.canonicalText)" })
        section("autosize", autosizers.map { "- \($0.canonicalText)" })
        return lines.map { "\($0)\n" }.joined()
    }
}

extension StandingLimits {
    /// The canonical text, without its position.
    package var canonicalText: String { flow.description }

    fileprivate var flow: FlowText {
        let versions = HierarchyMode.allCases.map { mode -> (String, FlowText?) in
            (mode.rawValue, overrides[mode].map { .map([("set", Setting.flow($0))]) })
        }
        return .map(
            [
                ("on", .text(group)),
                ("set", settings.isEmpty ? nil : Setting.flow(settings)),
            ] + versions + [
                ("during", during.map { .text("\($0)") }),
                ("when", when.map { .text("\($0)") }),
                ("for", when.map { _ in .time(holdTime) }),
                ("until", until.map { .text("\($0)") }),
                ("until_for", when.map { _ in .time(clearTime) }),
                ("priority", .text("\(priority)")),
                ("together", .flag(isTogether)),
            ])
    }
}

extension OOMGuard {
    /// The canonical text, without its position.
    package var canonicalText: String { flow.description }

    private var flow: FlowText {
        .map([
            ("name", .text(name)), ("on", .text(group)), ("limit", limit.map { .bytes($0) }),
            ("freeze_at", .share(freezeAt)), ("resume_at", .share(resumeAt)),
            ("resume_for", .time(resumeFor)), ("max_frozen", .time(longestFrozen)),
            ("relief", .list(relief.map(\.flow))), ("on_timeout", .text(onTimeout.rawValue)),
            ("notify", .words(sinks)), ("i_accept_hang", onTimeout == .stay ? .flag(true) : nil),
            ("allow_force_empty", .flag(allowsForceEmpty)), ("oom_group", .flag(killsAsOne)),
        ])
    }
}

extension OOMGuard.Relief {
    fileprivate var flow: FlowText {
        switch self {
        case .reclaim: .text("reclaim")
        case .raise(let step, let ceiling, let free):
            .map([
                (
                    "raise",
                    .map([
                        ("step", .bytes(step)), ("ceiling", .bytes(ceiling)),
                        ("host_free_min", .bytes(free)),
                    ])
                )
            ])
        case .hook(let name): .map([("hook", .text(name))])
        }
    }
}

extension Autosizer {
    /// The canonical text, without its position.
    package var canonicalText: String {
        FlowText.map([
            ("name", .text(name)), ("on", .text(group)),
            ("target", .text("\(PlainNumber.text(target))%")), ("floor", floor.map { .bytes($0) }),
            ("ceiling", ceiling.map { .bytes($0) }), ("step", .share(step)),
            ("every", .time(every)), ("mode", .text(mode.rawValue)),
        ]).description
    }
}

extension PolicyDefaults {
    fileprivate var flow: FlowText {
        .map([
            ("interval", .time(interval)), ("rate_window", .time(rateWindow)),
            ("hysteresis", .share(hysteresis)), ("cooldown", .time(cooldown)),
            ("drift", .text(drift.rawValue)),
            ("dry_run", .flag(isDryRun)), ("allow_kill", .flag(allowsKill)),
            ("allow_irreversible", .flag(allowsIrreversible)),
            ("allow_kubelet", .flag(allowsKubelet)),
            ("restore_on_exit", .flag(restoresOnExit)),
            ("missing", .text(missingMetricIsError ? "error" : "skip")),
        ])
    }
}

extension Budgets {
    fileprivate var flow: FlowText {
        func text(_ budget: Budget) -> FlowText {
            .text("\(budget.count)/\(DurationText.text(budget.period))")
        }
        return .map([
            ("kill", text(kill)), ("freeze", text(freeze)),
            ("write_per_group", text(writesPerGroup)), ("write", text(writes)),
            ("hook", text(hook)),
        ])
    }
}

extension CgroupGroup {
    fileprivate var flow: FlowText {
        func patterns(_ table: [String: TextPattern]) -> FlowText? {
            let entries = table.sorted { $0.key < $1.key }
            return entries.isEmpty
                ? nil : .map(entries.map { ($0.key, .text($0.value.description)) })
        }
        return .map([
            ("path", .words(paths.map(\.description))),
            ("exclude", .words(excluded.map(\.description))),
            ("unit", unit.map { .text("\($0)") }),
            (
                "container",
                container.map { container in
                    .map([
                        ("runtime", container.runtime.map { .text("\($0)") }),
                        ("name", container.name.map { .text("\($0)") }),
                        ("id", container.id.map { .text("\($0)") }),
                        ("image", container.image.map { .text("\($0)") }),
                        ("pod", container.pod.map { .text("\($0)") }),
                        ("namespace", container.namespace.map { .text("\($0)") }),
                        ("label", patterns(container.labels)),
                    ])
                }
            ), ("xattr", patterns(attributes)), ("uid", uid.map { .text("\($0)") }),
            ("comm", command.map { .text("\($0)") }), ("kind", .text(kind.rawValue)),
            ("populated", .text(populated.map { "\($0)" } ?? "any")),
            ("nested", .text(nesting.rawValue)),
        ])
    }
}

extension CPUDemand {
    /// The entry of a pool: `count: 4`, or `cpus: 0-3`.
    fileprivate var entry: (String, FlowText?) {
        switch self {
        case .count(let count): ("count", .text("\(count)"))
        case .list(let list): ("cpus", .text("\(list)"))
        case .hostShare(let share): ("count", .share(share, of: "%host"))
        }
    }
}

extension CPUPool {
    fileprivate var flow: FlowText {
        .map([
            cpus.entry, ("exclusive", .flag(isExclusive)), ("numa", .text(numa.rawValue)),
            ("smt", .text(smt.rawValue)), ("fallback", .text(fallback.rawValue)),
            ("others", .words(others)),
        ])
    }
}

extension Hook {
    fileprivate var flow: FlowText {
        .map([
            ("exec", .words(command)), ("timeout", .time(timeout)),
            ("user", user.map { .text($0) }),
        ])
    }
}

extension Sink {
    fileprivate var flow: FlowText {
        switch kind {
        case .journald: .map([("journald", .map([]))])
        case .webhook(let url, let tokenFile, let timeout):
            .map([
                (
                    "webhook",
                    .map([
                        ("url", .text(url)), ("token_file", tokenFile.map { .text($0) }),
                        ("timeout", .time(timeout)),
                    ])
                )
            ])
        }
    }
}

extension DayWindow: CustomStringConvertible {
    /// `22:00-06:00`.
    package var description: String {
        func text(_ minute: Int) -> String {
            [minute / 60, minute % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
        }
        return "\(text(start))-\(text(end))"
    }
}
