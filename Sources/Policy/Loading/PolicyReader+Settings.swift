import CgroupModel
import Configuration

/// The values of `set`: every row of ``LimitCatalog`` under its name.
///
///     memory.max: 512MiB              io.max.wbps[/dev/vda]: 10MB/s
///     hugetlb.2MB.max: 64MiB          io: {"/dev/vda": {wbps: 10MB/s, latency: 10ms}}
///     cpuset.pool: fast               devices: {allow: ["c 1:3 rwm"], deny: [a]}
extension PolicyReader {
    mutating func settings(
        _ node: ConfigNode, _ path: String, on mode: HierarchyMode
    ) -> [Setting] {
        let entries = attempt(.value) { () throws(ConfigError) in try node.mapping(for: "set") }
        if entries?.isEmpty == true { note(.value, node.position, "set has no value") }
        return (entries ?? []).flatMap { entry -> [Setting] in
            places["\(path)/\(entry.key)"] = entry.value.position
            return settings(entry, path, on: mode)
        }
    }

    private mutating func settings(
        _ entry: ConfigEntry, _ path: String, on mode: HierarchyMode
    ) -> [Setting] {
        switch entry.key {
        case "cpuset.pool":
            return reference(entry.value, .pool).map { [.pool($0)] } ?? []
        case "devices":
            return deviceRules(entry, path, on: mode)
        default: break
        }
        if case .mapping(let instances) = entry.value.content {
            guard Self.hasInstances(entry.key) else {
                noteUnknown(entry.key, at: entry.position)
                return []
            }
            return instances.flatMap { perInstance($0, of: entry, path, on: mode) }
        }
        guard let key = limitKey(entry.key, at: entry.position) else { return [] }
        return setting(key, entry.value, path, on: mode, at: entry.position)
    }

    /// `GROUP: {INSTANCE: {FIELD: VALUE}}`, or `NAME: {INSTANCE: VALUE}`.
    private mutating func perInstance(
        _ instance: ConfigEntry, of group: ConfigEntry, _ path: String, on mode: HierarchyMode
    ) -> [Setting] {
        guard case .mapping(let values) = instance.value.content else {
            guard let key = limitKey("\(group.key)[\(instance.key)]", at: instance.position) else {
                return []
            }
            return setting(key, instance.value, path, on: mode, at: instance.position)
        }
        return values.flatMap { value -> [Setting] in
            let name = "\(group.key)[\(instance.key)].\(value.key)"
            guard let key = limitKey(name, at: value.position) else { return [] }
            return setting(key, value.value, path, on: mode, at: value.position)
        }
    }

    private mutating func deviceRules(
        _ entry: ConfigEntry, _ path: String, on mode: HierarchyMode
    ) -> [Setting] {
        guard
            let fields = fields(entry.value, "devices", "\(path)/devices", keys: ["allow", "deny"])
        else { return [] }
        if !defaults.allowsIrreversible {
            note(
                .irreversible, entry.position,
                "rules for devices cannot be taken back; write allow_irreversible: true in defaults "
                    + "if you mean it")
        }
        // In the order in which they are written: `deny: [a]` before `allow` leaves what is allowed.
        let lists = fields.entries.values.sorted {
            ($0.position.line, $0.position.column) < ($1.position.line, $1.position.column)
        }.map(\.key)
        if lists.last == "deny", let node = fields["deny"],
            oneOrMore(node, "deny").contains(where: { $0.content == .text("a") }), lists.count > 1
        {
            note(
                .overlap, node.position,
                "deny: a comes after allow and takes everything away again; write deny first")
        }
        return lists.flatMap { list -> [Setting] in
            guard let node = fields[list] else { return [] }
            return oneOrMore(node, list).flatMap { rule -> [Setting] in
                guard case .text(let text) = rule.content else {
                    note(.value, rule.position, "a rule must be one value such as \"c 1:3 rwm\"")
                    return []
                }
                let key = LimitKey("devices.\(list)", instance: text)
                return setting(key, rule, path, on: mode, at: rule.position)
            }
        }
    }

    private mutating func setting(
        _ key: LimitKey, _ node: ConfigNode, _ path: String, on mode: HierarchyMode,
        at position: ConfigPosition
    ) -> [Setting] {
        guard let row = key.limit else { return [] }
        checkPresence(of: row, on: mode, at: position)
        places["\(path)/\(key)"] = node.position
        let name = row.dimension == nil ? row.name : key.description
        return limit(node, name, row.grammar).map { [.limit(key, $0)] } ?? []
    }

    /// What a mode has no file for.
    mutating func checkPresence(
        of row: Limit, on mode: HierarchyMode, at position: ConfigPosition
    ) {
        let isUnified: Bool
        switch mode {
        case .v1: isUnified = false
        case .v2: isUnified = true
        case .hybrid:
            guard let legacyControllers else { return }
            isUnified = !legacyControllers.contains(row.controller)
        }
        guard row.refusal == nil, row.files(unified: isUnified).isEmpty,
            !(isUnified && row.systemd != nil)
        else { return }
        let isNetwork = row.controller == .netCls || row.controller == .netPrio
        let place =
            mode == .hybrid
            ? "on this machine, where \(row.controller.rawValue) is on \(isUnified ? "v2" : "v1")"
            : "on \(mode.rawValue)"
        note(
            isNetwork && mode == .v2 ? .unsupported : .disabledHere, position,
            "\(row.name) does not exist \(place)" + (row.note.isEmpty ? "" : ": \(row.note)"))
    }

    /// The row and instance of `memory.max`, `io[/dev/vda].wbps`, `hugetlb.2MB.max`.
    mutating func limitKey(_ written: String, at position: ConfigPosition) -> LimitKey? {
        let (name, instance) = Self.divided(written)
        guard let row = Self.row(name, hasInstance: instance != nil) else {
            if name.hasPrefix("memory.kmem"), let row = LimitCatalog.limit(named: "memory.kernel") {
                note(.ineffective, position, "\(name): \(row.refusal ?? "")")
            } else {
                noteUnknown(written, at: position)
            }
            return nil
        }
        if let refusal = row.refusal {
            note(.ineffective, position, "\(row.name): \(refusal)")
            return nil
        }
        guard (row.dimension == nil) == (instance == nil) else {
            note(
                .attribute, position,
                row.dimension == nil
                    ? "\(row.name) is one value; remove [\(instance ?? "")]"
                    : "\(row.name) is set for each of several; write "
                        + "\(row.name)[\(row.dimension?.example ?? "NAME")]")
            return nil
        }
        return LimitKey(row.name, instance: instance)
    }

    private mutating func noteUnknown(_ written: String, at position: ConfigPosition) {
        let names =
            LimitCatalog.all.map(\.name) + ["io", "devices", "cpuset.pool"]
            + Self.otherNames.keys.sorted() + Self.ioFields.map { "io.\($0)" }
        let nearest = ConfigNode.nearest(to: Self.divided(written).name, among: names)
        note(
            .attribute, position,
            "unknown attribute \(FindingText.quoted(written)), "
                + (nearest.map { "nearest valid '\($0)'" }
                    ?? "`cgwarden set --list` lists them"))
    }

    /// Whether a name can be followed by a mapping of disks, interfaces or resources.
    private static func hasInstances(_ name: String) -> Bool {
        name == "io"
            || LimitCatalog.all.contains {
                $0.dimension != nil && ($0.name == name || $0.group == name)
            }
    }

    private static let otherNames = ["cpuset.partition": "cpuset.cpus.partition"]
    /// What `io` calls the rows of `io.max`.
    private static let ioFields = ["rbps", "wbps", "riops", "wiops"]

    /// `io[/dev/vda].wbps` is `io.wbps` of `/dev/vda`.
    private static func divided(_ written: String) -> (name: String, instance: String?) {
        let parts = written.split(separator: ".")
        if parts.count == 3, parts[0] == "hugetlb", parts[2] == "max", !written.contains("[") {
            return ("hugetlb.max", String(parts[1]))
        }
        guard let open = written.firstIndex(of: "["), let close = written.lastIndex(of: "]"),
            open < close, written.index(after: open) < close
        else { return (written, nil) }
        return (
            String(written[..<open] + written[written.index(after: close)...]),
            String(written[written.index(after: open)..<close])
        )
    }

    private static func row(_ name: String, hasInstance: Bool) -> Limit? {
        // The weight of all disks, and that of one.
        if name == "io.weight", hasInstance {
            return LimitCatalog.limit(named: "io.weight.device")
        }
        if let row = LimitCatalog.limit(named: otherNames[name] ?? name) { return row }
        let field = name.hasPrefix("io.") ? String(name.dropFirst(3)) : ""
        return ioFields.contains(field) ? LimitCatalog.limit(named: "io.max.\(field)") : nil
    }
}

extension Dimension {
    fileprivate var example: String {
        switch self {
        case .device: "/dev/vda"
        case .pageSize: "2MB"
        case .interface: "eth0"
        default: "NAME"
        }
    }
}
