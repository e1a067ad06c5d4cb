import CgroupModel
import Configuration

extension PolicyReader {
    private static let groupKeys = [
        "path", "exclude", "unit", "container", "xattr", "uid", "comm", "kind", "populated",
        "nested", "replace",
    ]

    mutating func group(_ item: PolicyItem) -> CgroupGroup? {
        let path = "groups/\(item.name)"
        guard let fields = fields(item.node, "a group", path, keys: Self.groupKeys) else {
            return nil
        }
        var group = CgroupGroup(name: item.name, position: item.position)
        group.paths = patterns(fields, "path")
        group.excluded = patterns(fields, "exclude")
        group.unit = value(fields, "unit", .pattern)
        group.container = fields["container"].flatMap { container($0, path) }
        if let node = fields["xattr"] { group.attributes = attributes(node) }
        group.uid = value(fields, "uid", .integer(0...Int(UInt32.max))).map { UInt32($0) }
        group.command = value(fields, "comm", .pattern)
        group.kind = word(fields, "kind") ?? group.kind
        group.nesting = word(fields, "nested") ?? group.nesting
        if let node = fields["populated"] {
            if case .text("any") = node.content {
                group.populated = nil
            } else {
                group.populated = value(node, "populated", .flag) ?? true
            }
        }
        let criteria = ["path", "unit", "container", "xattr", "uid", "comm"]
        if !criteria.contains(where: { fields[$0] != nil }) {
            note(
                .broadGroup, item.position,
                "group '\(item.name)' matches every cgroup; narrow it with path or unit")
        }
        return group
    }

    private mutating func patterns(_ fields: Fields, _ key: String) -> [PathPattern] {
        guard let node = fields[key] else { return [] }
        return oneOrMore(node, key).compactMap { value($0, key, .path) }
    }

    private mutating func container(
        _ node: ConfigNode, _ path: String
    ) -> CgroupGroup.Container? {
        let keys = ["runtime", "name", "id", "image", "pod", "namespace", "label"]
        guard let fields = fields(node, "container", "\(path)/container", keys: keys) else {
            return nil
        }
        var container = CgroupGroup.Container()
        container.runtime = value(fields, "runtime", .pattern)
        container.name = value(fields, "name", .pattern)
        container.id = value(fields, "id", .pattern)
        container.image = value(fields, "image", .pattern)
        container.pod = value(fields, "pod", .pattern)
        container.namespace = value(fields, "namespace", .pattern)
        if let labels = fields["label"] {
            container.labels = texts(labels, "label")
        }
        return container
    }

    /// Reads extended attributes, and rejects those that other users can set.
    private mutating func attributes(_ node: ConfigNode) -> [String: TextPattern] {
        if case .mapping(let entries) = node.content {
            for entry in entries
            where !["trusted.", "user.cgwarden."].contains(where: entry.key.hasPrefix) {
                note(
                    .trustedAttribute, entry.position,
                    "\(FindingText.quoted(entry.key)) can be set by any user; use trusted.NAME or "
                        + "user.cgwarden.NAME")
            }
        }
        return texts(node, "xattr")
    }

    private mutating func texts(_ node: ConfigNode, _ what: String) -> [String: TextPattern] {
        let entries = attempt(.value) { () throws(ConfigError) in try node.mapping(for: what) }
        var result: [String: TextPattern] = [:]
        for entry in entries ?? [] {
            result[entry.key] = value(entry.value, entry.key, .pattern)
        }
        return result
    }

    mutating func protection(_ spared: [ConfigNode], _ overridden: [ConfigNode]) -> Protection {
        var protection = Protection()
        protection.spared = spared.compactMap { value($0, "protect", .path) }
        for node in overridden {
            guard let path = value(node, "protect_override", .cgroup) else { continue }
            guard !path.isRoot else {
                note(.value, node.position, "the root is always protected; name a cgroup below it")
                continue
            }
            protection.overridden.append(path)
        }
        return protection
    }
}
