import CgroupModel
import Configuration

/// Reads the values of `set`: every limit of ``LimitCatalog`` by its name.
///
///     memory.max: 512MiB              io.max.wbps[/dev/vda]: 10MB/s
///     hugetlb.2MB.max: 64MiB          devices: {allow: ["c 1:3 rwm"], deny: [a]}
///     cpuset.pool: fast
///
/// A limit that exists for each disk, interface or resource has the instance in brackets, as in
/// `get` and the audit log. Any other spelling is an error that suggests this one.
extension PolicyReader {
    mutating func settings(
        _ node: ConfigNode, _ path: String, on mode: HierarchyMode
    ) -> [Setting] {
        let entries = attempt(.value) { () throws(ConfigError) in try node.mapping(for: "set") }
        if entries?.isEmpty == true { note(.value, node.position, "set has no value") }
        var taken: Set<LimitKey> = []
        return (entries ?? []).flatMap { entry -> [Setting] in
            places["\(path)/\(entry.key)"] = entry.value.position
            let settings = settings(entry, path, on: mode)
            for case .limit(let key, _) in settings where !key.isDeviceRule {
                if !taken.insert(key).inserted {
                    note(.duplicate, entry.position, "\(entry.key) is \(key), which is set already")
                }
            }
            return settings
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
        if case .mapping(let inner) = entry.value.content {
            noteMapping(entry, inner)
            return []
        }
        guard let (key, name) = limitKey(entry.key, at: entry.position) else { return [] }
        return setting(key, entry.value, path, on: mode, at: entry.position, as: name)
    }

    /// Reports a limit whose instances are written as a mapping; the error shows how to write the
    /// first.
    private mutating func noteMapping(_ entry: ConfigEntry, _ instances: [ConfigEntry]) {
        guard let first = instances.first else {
            return note(.value, entry.value.position, "\(entry.key) has no value; write one")
        }
        var name = "\(entry.key)[\(first.key)]"
        if case .mapping(let fields) = first.value.content, let field = fields.first {
            name += ".\(field.key)"
        }
        guard let key = Self.misspelt(name) else {
            return noteUnknown(entry.key, at: entry.position)
        }
        note(
            .attribute, entry.position,
            "\(entry.key) is not a mapping; write each value separately: '\(key)'")
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
                "device rules cannot be undone; add allow_irreversible: true to defaults "
                    + "to allow that")
        }
        // Rules apply in the order of the file: `deny: [a]` before `allow` permits only what is
        // allowed.
        let lists = fields.entries.values.sorted {
            ($0.position.line, $0.position.column) < ($1.position.line, $1.position.column)
        }.map(\.key)
        if lists.last == "deny", let node = fields["deny"],
            oneOrMore(node, "deny").contains(where: { $0.content == .text("a") }), lists.count > 1
        {
            note(
                .overlap, node.position,
                "deny: a after allow revokes everything; write deny first")
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
        at position: ConfigPosition, as written: CatalogName? = nil
    ) -> [Setting] {
        guard let row = key.limit else { return [] }
        checkPresence(of: row, on: mode, at: position)
        places["\(path)/\(key)"] = node.position
        let name = row.dimension == nil ? row.name : key.description
        return limit(node, name, row.grammar, as: written).map { [.limit(key, $0)] } ?? []
    }

    /// Reports a limit that has no file in a mode.
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
        guard row.refusal == nil, row.files(unified: isUnified).isEmpty else { return }
        let isNetwork = row.controller == .netCls || row.controller == .netPrio
        let place =
            mode == .hybrid
            ? "on this host, where \(row.controller.rawValue) is on \(isUnified ? "v2" : "v1")"
            : "on \(mode.rawValue)"
        note(
            isNetwork && mode == .v2 ? .unsupported : .disabledHere, position,
            "\(row.name) does not exist \(place)"
                + (row.note.isEmpty ? "" : " (\(row.note.dropLast()))"))
    }

    /// The row and instance of `memory.max`, `io.max.wbps[/dev/vda]`, `hugetlb.2MB.max`.
    mutating func limitKey(
        _ written: String, at position: ConfigPosition
    ) -> (key: LimitKey, name: CatalogName)? {
        let (name, instance) = Self.divided(written)
        guard let known = CatalogName(name), let row = known.limit else {
            if let key = Self.misspelt(written) {
                noteSpelling(of: key, position)
            } else if CatalogName(name) != nil {
                note(.attribute, position, CatalogName.refusal(ofLimit: name))
            } else {
                noteUnknown(written, at: position)
            }
            return nil
        }
        if let former = known.note { note(.formerName, position, former) }
        if let refusal = row.refusal {
            note(.ineffective, position, "\(row.name): \(refusal)")
            return nil
        }
        guard row.dimension != nil || instance == nil else {
            if let key = Self.misspelt(written) {
                noteSpelling(of: key, position)
            } else {
                note(
                    .attribute, position,
                    "\(row.name) is one value; remove [\(instance ?? "")]")
            }
            return nil
        }
        guard row.dimension == nil || instance != nil else {
            note(
                .attribute, position,
                "\(row.name) needs an instance; write "
                    + "\(row.name)[\(row.dimension?.example ?? "NAME")]")
            return nil
        }
        return (LimitKey(row.name, instance: instance), known)
    }

    private mutating func noteSpelling(of key: LimitKey, _ position: ConfigPosition) {
        note(.attribute, position, "write '\(key)', the only spelling of this limit")
    }

    private mutating func noteUnknown(_ written: String, at position: ConfigPosition) {
        if let row = LimitCatalog.rows(ofGroup: written).first {
            let instance = row.dimension.map { "[\($0.example)]" } ?? ""
            note(
                .attribute, position,
                "\(written) is several limits; write each separately: '\(row.name)\(instance)'")
            return
        }
        let names =
            LimitCatalog.all.flatMap { [$0.name] + $0.aliases } + ["devices", "cpuset.pool"]
        let nearest = ConfigNode.nearest(to: Self.divided(written).name, among: names)
        note(
            .attribute, position,
            "unknown attribute \(FindingText.quoted(written)); "
                + (nearest.map { "did you mean '\(CatalogName($0)?.canonical ?? $0)'?" }
                    ?? "`cgwarden set --list` lists the limits"))
    }

    /// The intended limit of `io[/dev/vda].wbps`, `io.wbps[/dev/vda]` or `io.weight[/dev/vda]`;
    /// nil if none is similar.
    private static func misspelt(_ written: String) -> LimitKey? {
        guard let open = written.firstIndex(of: "["), let close = written.lastIndex(of: "]"),
            open < close, written.index(after: open) < close
        else { return nil }
        let name = String(written[..<open] + written[written.index(after: close)...])
        let field = name.split(separator: ".").last.map(String.init) ?? name
        let row = [name, "\(name).device", "io.max.\(field)"].lazy
            .compactMap { CatalogName($0)?.limit }.first { $0.dimension != nil }
        let instance = String(written[written.index(after: open)..<close])
        return row.map { LimitKey($0.name, instance: instance) }
    }

    /// Splits a name such as `io.max.wbps[/dev/vda]` into limit and instance.
    private static func divided(_ written: String) -> (name: String, instance: String?) {
        if let (limit, size) = LimitCatalog.limit(ofPageSize: written) { return (limit.name, size) }
        return LimitRequest.bracketed(written).map { ($0.limit, $0.instance) } ?? (written, nil)
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
