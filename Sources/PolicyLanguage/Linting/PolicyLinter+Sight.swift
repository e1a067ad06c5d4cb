import CgroupModel
import Configuration

extension PolicyLinter {
    /// Finds conditions that are never true, because the daemon does not read the metric, or
    /// because a cgroup is not in the group while its condition would be true.
    mutating func lintSight(_ rule: Rule, _ place: ConfigPosition) {
        var noted: Set<String> = []
        for term in rule.when.terms where noted.insert(term.name).inserted {
            guard case .catalog(let id)? = PolicyVocabulary.metric(of: term)?.source,
                MetricCatalog[id].tier == .detail
            else { continue }
            note(
                .unseen, place,
                "rule '\(rule.name)' can never use \(term): it is read only for `show` and "
                    + "`stat --fields`")
        }
        guard rule.scope == .each, let populated = document.group(rule.group)?.populated,
            !rule.when.mayBe(true, populated: populated)
        else { return }
        note(
            .unseen, place,
            "rule '\(rule.name)' can never be true: group '\(rule.group)' has only cgroups "
                + (populated ? "with" : "without") + " processes; add populated: any")
    }
}

extension Condition {
    /// Whether the condition can be `wanted`, true or false, for a populated or an empty cgroup.
    fileprivate func mayBe(_ wanted: Bool, populated: Bool) -> Bool {
        switch self {
        case .flag(MetricTerm("cgroup.populated")): populated == wanted
        case .not(let part): part.mayBe(!wanted, populated: populated)
        case .all(let parts):
            wanted
                ? parts.allSatisfy { $0.mayBe(true, populated: populated) }
                : parts.contains { $0.mayBe(false, populated: populated) }
        case .any(let parts):
            wanted
                ? parts.contains { $0.mayBe(true, populated: populated) }
                : parts.allSatisfy { $0.mayBe(false, populated: populated) }
        default: true
        }
    }
}
