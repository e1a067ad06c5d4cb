import CgroupModel
import Configuration

extension PolicyReader {
    private static let eventKeys = ["kind", "limit", "resource", "state", "times", "within"]

    private enum Resource: String, CaseIterable { case cpu, memory, io }
    private enum State: String, CaseIterable { case begin, end, populated, empty }

    /// The kinds that have a limit, a resource or a state.
    private static let owners: [String: [EventKind]] = [
        "limit": [.limitHit, .changed], "resource": [.pressure],
        "state": [.throttled, .pressure, .moved],
    ]

    /// Reads `on_event`: a kind, a list of kinds, or a mapping with details.
    mutating func trigger(_ node: ConfigNode, _ path: String) -> EventTrigger? {
        guard case .mapping = node.content else {
            return kinds(node, "on_event").map {
                EventTrigger(kinds: $0, within: defaults.rateWindow)
            }
        }
        guard
            let fields = fields(node, "on_event", path, keys: Self.eventKeys, required: ["kind"]),
            let kinds = fields["kind"].flatMap({ kinds($0, "kind") })
        else { return nil }
        var trigger = EventTrigger(
            kinds: kinds, within: value(fields, "within", .period) ?? defaults.rateWindow)
        trigger.limit = fields["limit"].flatMap { limitName($0) }
        trigger.resource = word(fields, "resource", Resource.self)?.rawValue
        trigger.state = word(fields, "state", State.self)?.rawValue
        trigger.times = UInt64(value(fields, "times", .integer(1...1_000_000)) ?? 1)
        for key in ["limit", "resource", "state"] {
            guard let detail = fields[key], let owners = Self.owners[key] else { continue }
            for kind in kinds where !owners.contains(kind) {
                let names = owners.map(\.rawValue).joined(separator: " and ")
                note(
                    .value, detail.position,
                    "an event '\(kind.rawValue)' has no \(key); only \(names) have one")
            }
        }
        return trigger
    }

    private mutating func kinds(_ node: ConfigNode, _ what: String) -> [EventKind]? {
        let names = EventTrigger.allowed.map(\.rawValue)
        var found: Set<EventKind> = []
        let nodes = oneOrMore(node, what)
        for node in nodes {
            guard let name = text(node, what) else { return nil }
            guard let kind = EventKind(rawValue: name), EventTrigger.allowed.contains(kind) else {
                note(.value, node.position, ConfigNode.unknown("event", name, among: names))
                return nil
            }
            found.insert(kind)
        }
        if nodes.isEmpty { note(.value, node.position, "\(what) needs at least one kind of event") }
        return found.isEmpty ? nil : EventTrigger.allowed.filter(found.contains)
    }

    /// Reads the name of a limit, by any of its names.
    private mutating func limitName(_ node: ConfigNode) -> String? {
        guard let name = text(node, "limit") else { return nil }
        if let known = CatalogName(name)?.limit?.name { return known }
        note(
            .value, node.position,
            ConfigNode.unknown("limit", name, among: LimitCatalog.all.map(\.name)))
        return nil
    }
}
