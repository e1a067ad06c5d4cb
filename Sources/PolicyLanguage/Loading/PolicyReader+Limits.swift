import CgroupModel
import Configuration

extension PolicyReader {
    private static let limitKeys = [
        "on", "set", "when", "for", "until", "until_for", "during", "v1", "v2", "hybrid",
        "priority", "together",
    ]
    static let priorities = ScalarGrammar<Int>.integer(-100...100)

    mutating func limits(_ node: ConfigNode, index: Int) -> StandingLimits? {
        let path = "limits/\(index)"
        guard
            let fields = fields(node, "a limit", path, keys: Self.limitKeys, required: ["on"])
        else { return nil }
        var limits = StandingLimits(
            position: node.position, group: reference(fields, "on", .group) ?? "")
        if let set = fields["set"] {
            limits.settings = settings(set, "\(path)/set", on: mode)
        }
        for version in HierarchyMode.allCases {
            guard let node = fields[version.rawValue] else { continue }
            let place = "\(path)/\(version.rawValue)"
            guard
                let inner = self.fields(
                    node, version.rawValue, place, keys: ["set"], required: ["set"]),
                let set = inner["set"]
            else { continue }
            limits.overrides[version] = settings(set, "\(place)/set", on: version)
        }
        let sets = ["set"] + HierarchyMode.allCases.map(\.rawValue)
        if !sets.contains(where: { fields[$0] != nil }) {
            note(.missing, node.position, "a limit needs 'set'")
        }
        limits.during = value(fields, "during", .window)
        readTimes(&limits, fields)
        limits.priority = value(fields, "priority", Self.priorities) ?? 0
        limits.isTogether = value(fields, "together", .flag) ?? false
        return limits
    }

    /// Reads when a conditional limit applies and ends.
    ///
    /// It has the times and hysteresis of a rule, so that it does not flap while a value is near
    /// the threshold.
    private mutating func readTimes(_ limits: inout StandingLimits, _ fields: Fields) {
        limits.when = fields["when"].flatMap { condition($0, "when", isHostOnly: true) }
        limits.holdTime = value(fields, "for", .duration) ?? .zero
        let until = fields["until"].flatMap { condition($0, "until", isHostOnly: true) }
        guard let when = limits.when else {
            for key in ["for", "until", "until_for"] where fields["when"] == nil {
                if let node = fields[key] { note(.value, node.position, "\(key) needs 'when'") }
            }
            return
        }
        limits.until = until ?? when.opposite(hysteresis: defaults.hysteresis)
        limits.clearTime = value(fields, "until_for", .duration) ?? defaults.cooldown
    }
}
