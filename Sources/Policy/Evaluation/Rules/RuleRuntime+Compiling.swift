import CgroupModel
import PolicyLanguage

extension RuleRuntime {
    /// Compiles a rule; one that refers to an unknown group or metric is disabled.
    init(
        _ rule: Rule, _ document: PolicyDocument, _ mode: HierarchyMode,
        _ compiler: inout ProgramCompiler
    ) {
        self.rule = rule
        origin = .rule(rule.name)
        isDryRun = rule.isDryRun && !document.defaults.isDryRun
        guard document.group(rule.group) != nil else {
            disabled = "unknown group \(rule.group)"
            return
        }
        disabled = rule.obstacle(on: mode)
        needs = rule.needs
        compiler.aggregate = rule.scope == .aggregate ? rule.group : nil
        do {
            when = try compiler.compile(rule.when)
            until = try compiler.compile(rule.until, isEnding: true)
            if let repetition = rule.repetition {
                repeatWhile = try compiler.compile(repetition.condition)
            }
            compiler.aggregate = nil
            if let victims = rule.victims { victimOrder = try compiler.compile(victims.by) }
            for (place, action) in rule.actions.enumerated() {
                guard case .scale(let scaling) = action.kind, scaling.base == .usage else {
                    continue
                }
                usages[place] = compiler.compileUsage(of: scaling.key)
            }
        } catch {
            disabled = "unknown metric \(error.name)"
        }
    }
}

extension ProgramCompiler {
    /// Compiles the usage that a limit applies to; nil if there is no such metric.
    ///
    /// A counter is a rate over `rate_window`.
    mutating func compileUsage(of key: LimitKey) -> Program? {
        guard let metric = key.limit?.usage else { return nil }
        let name = Measurements.usageName(metric)
        let term = MetricTerm(name, instance: key.instance)
        aggregate = nil
        return try? compile(Expression.metric(term))
    }
}

extension Measurements {
    private static let usagePrefix = "usage of "

    /// Returns the name of a metric in the unit of its limit, for use in an expression.
    static func usageName(_ metric: MetricID) -> String {
        usagePrefix + MetricCatalog[metric].name
    }

    /// Adds the names of usages to a vocabulary.
    static func withUsages(
        _ vocabulary: @escaping @Sendable (String) -> PolicyMetric?
    ) -> @Sendable (String) -> PolicyMetric? {
        { name in
            guard name.hasPrefix(usagePrefix),
                let row = MetricCatalog.metric(named: String(name.dropFirst(usagePrefix.count)))
            else { return vocabulary(name) }
            return PolicyMetric(
                name: name, isCounter: row.kind == .counter, unit: .count, rateUnit: .perSecond,
                scale: 1, source: .catalog(row.id), takesInstance: row.dimension != nil,
                help: row.help)
        }
    }
}

extension PolicyDocument {
    /// Whether rules of two documents do the same: rule, group and defaults are equal, except for
    /// positions.
    func means(_ old: Rule, sameAs new: Rule, in oldDocument: PolicyDocument) -> Bool {
        var moved = old
        moved.position = new.position
        guard moved == new, defaults.interval == oldDocument.defaults.interval,
            defaults.rateWindow == oldDocument.defaults.rateWindow,
            defaults.isDryRun == oldDocument.defaults.isDryRun,
            var oldGroup = oldDocument.group(old.group), let newGroup = group(new.group)
        else { return false }
        oldGroup.position = newGroup.position
        return oldGroup == newGroup
    }
}
