import CgroupModel
import Configuration

extension PolicyReader {
    private static let limitKeys = [
        "on", "set", "when", "during", "v1", "v2", "hybrid", "priority",
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
        limits.when = fields["when"].flatMap { condition($0, "when", isHostOnly: true) }
        limits.priority = value(fields, "priority", Self.priorities) ?? 0
        return limits
    }
}
