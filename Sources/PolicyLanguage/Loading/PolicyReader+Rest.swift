import CgroupModel
import Configuration

/// Reads defaults, budgets, pools, hooks and sinks.
extension PolicyReader {
    /// `defaults.missing`.
    private enum Missing: String, CaseIterable { case skip, error }

    mutating func readDefaults(_ node: ConfigNode) {
        let keys = [
            "interval", "rate_window", "hysteresis", "cooldown", "drift", "dry_run",
            "allow_kill", "allow_irreversible", "allow_kubelet", "restore_on_exit", "missing",
            "replace",
        ]
        guard let fields = fields(node, "defaults", "defaults", keys: keys) else { return }
        defaults.interval = value(fields, "interval", .period) ?? defaults.interval
        if !(Duration.milliseconds(100)...Duration.seconds(3600)).contains(defaults.interval),
            let place = fields["interval"]
        {
            note(.exceedsBounds, place.position, "interval must be between 100ms and 1h")
            defaults.interval = .seconds(1)
        }
        defaults.rateWindow = value(fields, "rate_window", .period) ?? defaults.rateWindow
        defaults.hysteresis = value(fields, "hysteresis", .share) ?? defaults.hysteresis
        if defaults.hysteresis >= 1, let place = fields["hysteresis"] {
            note(.exceedsBounds, place.position, "hysteresis must be below 100%")
            defaults.hysteresis = 0.1
        }
        defaults.cooldown = value(fields, "cooldown", .duration) ?? defaults.cooldown
        defaults.drift = word(fields, "drift") ?? defaults.drift
        defaults.isDryRun = value(fields, "dry_run", .flag) ?? defaults.isDryRun
        defaults.allowsKill = value(fields, "allow_kill", .flag) ?? defaults.allowsKill
        defaults.allowsIrreversible =
            value(fields, "allow_irreversible", .flag) ?? defaults.allowsIrreversible
        defaults.allowsKubelet = value(fields, "allow_kubelet", .flag) ?? defaults.allowsKubelet
        defaults.restoresOnExit =
            value(fields, "restore_on_exit", .flag) ?? defaults.restoresOnExit
        let missing: Missing = word(fields, "missing") ?? .skip
        defaults.missingMetricIsError = missing == .error
    }

    mutating func budgets(_ node: ConfigNode) -> Budgets {
        var budgets = Budgets()
        let keys = ["kill", "freeze", "write_per_group", "write", "hook", "replace"]
        guard let fields = fields(node, "budgets", "budgets", keys: keys) else { return budgets }
        budgets.kill = value(fields, "kill", .budget) ?? budgets.kill
        budgets.freeze = value(fields, "freeze", .budget) ?? budgets.freeze
        budgets.writesPerGroup = value(fields, "write_per_group", .budget) ?? budgets.writesPerGroup
        budgets.writes = value(fields, "write", .budget) ?? budgets.writes
        budgets.hook = value(fields, "hook", .budget) ?? budgets.hook
        return budgets
    }

    /// Reads `pools.reserved`, the CPUs outside of all pools.
    mutating func reserved(_ item: PolicyItem) -> CPUDemand? {
        fields(item.node, "reserved", "pools/reserved", keys: ["cpus", "count", "replace"])
            .flatMap { demand($0) }
    }

    /// Reads either `cpus`, a list, or `count`, a number of CPUs.
    private mutating func demand(_ fields: Fields) -> CPUDemand? {
        guard (fields["cpus"] == nil) != (fields["count"] == nil) else {
            note(
                .missing, fields.position,
                "\(fields.what) needs either cpus (a list: 0-3) or count (a number: 4, 25%host)")
            return nil
        }
        guard let node = fields["cpus"] else { return value(fields, "count", .count) }
        if case .text(let text) = node.content, text.hasSuffix("%host") {
            note(.value, node.position, "cpus lists CPUs; for a number, write count: \(text)")
            return nil
        }
        return limit(node, "cpus", .cpuList)?.list.map { .list($0) }
    }

    mutating func pool(_ item: PolicyItem) -> CPUPool? {
        let keys = ["cpus", "count", "exclusive", "numa", "smt", "fallback", "others", "replace"]
        guard let fields = fields(item.node, "a pool", "pools/\(item.name)", keys: keys) else {
            return nil
        }
        let cpus = demand(fields)
        var pool = CPUPool(name: item.name, cpus: cpus ?? .count(1))
        pool.isExclusive = value(fields, "exclusive", .flag) ?? pool.isExclusive
        pool.numa = word(fields, "numa") ?? pool.numa
        pool.smt = word(fields, "smt") ?? pool.smt
        pool.fallback = word(fields, "fallback") ?? pool.fallback
        pool.others = references(fields, "others", .group)
        if pool.isExclusive, pool.others.isEmpty {
            note(
                .noOthers, item.position,
                "pool '\(item.name)' is exclusive, but no group is moved off its CPUs; name groups in others"
            )
        }
        return pool
    }

    mutating func hook(_ item: PolicyItem) -> Hook? {
        guard
            let fields = fields(
                item.node, "a hook", "hooks/\(item.name)",
                keys: ["exec", "timeout", "user", "replace"], required: ["exec"]),
            let node = fields["exec"]
        else { return nil }
        let command = sequence(node, "exec").compactMap { value($0, "exec", .anything) }
        let timeout = value(fields, "timeout", .period) ?? .seconds(5)
        let user = value(fields, "user", .anything)
        guard case .sequence(let words) = node.content else { return nil }
        guard let program = command.first else {
            note(.value, node.position, "exec needs a program")
            return nil
        }
        guard program.hasPrefix("/") else {
            note(
                .hookNotAbsolute, words[0].position,
                "\(FindingText.quoted(program)) must be an absolute path; there is no shell and "
                    + "no PATH")
            return nil
        }
        return Hook(name: item.name, command: command, timeout: timeout, user: user)
    }

    mutating func sink(_ item: PolicyItem) -> Sink? {
        let path = "sinks/\(item.name)"
        guard
            let outer = fields(
                item.node, "a sink", path, keys: ["journald", "webhook", "replace"])
        else { return nil }
        if let node = outer["webhook"], outer["journald"] == nil {
            guard
                let fields = fields(
                    node, "webhook", "\(path)/webhook", keys: ["url", "token_file", "timeout"],
                    required: ["url"])
            else { return nil }
            let tokenFile = value(fields, "token_file", .absolutePath)
            let timeout = value(fields, "timeout", .period) ?? .seconds(3)
            return value(fields, "url", .webAddress).map {
                Sink(
                    name: item.name,
                    kind: .webhook(url: $0, tokenFile: tokenFile, timeout: timeout))
            }
        }
        guard let node = outer["journald"], outer["webhook"] == nil else {
            note(.value, item.node.position, "a sink is either journald: {} or webhook: {…}")
            return nil
        }
        if node.content != .text("") {
            _ = fields(node, "journald", "\(path)/journald", keys: [])
        }
        return Sink(name: item.name, kind: .journald)
    }
}
