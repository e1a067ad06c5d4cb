/// Lookups by the name of an interface file, which v1 and v2 share for some limits.
extension LimitCatalog {
    private static let byFile: [String: [(limit: Limit, file: LimitFile)]] = {
        var rows: [String: [(limit: Limit, file: LimitFile)]] = [:]
        for limit in all {
            for file in limit.v2 + limit.v1 { rows[file.name, default: []].append((limit, file)) }
        }
        // Of two limits with one file, the one with a systemd property comes first.
        return rows.mapValues { rows in
            rows.filter { $0.file.systemd != nil } + rows.filter { $0.file.systemd == nil }
        }
    }()

    /// The names of files before and after a page size.
    private static let paged: [(prefix: Substring, suffix: Substring, name: String)] =
        byFile.keys.sorted().compactMap { name in
            let parts = name.split(separator: "*", omittingEmptySubsequences: false)
            return parts.count == 2 ? (parts[0], parts[1], name) : nil
        }

    /// The limits with a value in an interface file, those that systemd may keep first.
    ///
    /// A file of a page size has those of its pattern: `hugetlb.2MB.max` is `hugetlb.*.max`.
    package static func rows(ofFile name: String) -> [(limit: Limit, file: LimitFile)] {
        if let known = byFile[name] { return known }
        let pattern = paged.first { prefix, suffix, _ in
            guard name.hasPrefix(prefix), name.hasSuffix(suffix),
                name.utf8.count > prefix.utf8.count + suffix.utf8.count
            else { return false }
            return name.dropFirst(prefix.count).dropLast(suffix.count)
                .allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
        }
        return pattern.flatMap { byFile[$0.name] } ?? []
    }

    /// Resolves `hugetlb.2MB.max` to the row `hugetlb.max` and the page size 2MB; nil for a file
    /// without a page size.
    package static func limit(ofPageSize name: String) -> (limit: Limit, size: String)? {
        guard let (limit, file) = rows(ofFile: name).first, limit.dimension == .pageSize else {
            return nil
        }
        let parts = file.name.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let size = name.dropFirst(parts[0].count).dropLast(parts[1].count)
        return size.first?.isNumber == true ? (limit, String(size)) : nil
    }

    /// The encoding of a file's values; nil for a file without a limit.
    package static func coding(ofFile name: String) -> LimitFile.Coding? {
        rows(ofFile: name).first?.file.coding
    }

    /// The property with which systemd keeps an interface file; nil if systemd ignores the file.
    package static func unitProperty(ofFile name: String) -> UnitProperty? {
        byFile[name]?.first?.file.systemd
    }

    /// The limit that a setting of a unit file sets, such as `CPUQuota`; nil for any other name.
    package static func limit(ofUnitSetting name: String) -> Limit? {
        // The bus has some settings under other names.
        let formers = ["MemoryLimit": "MemoryMax", "BlockIOWeight": "IOWeight"]
        let property =
            formers[name] ?? (name == "CPUQuota" ? "CPUQuotaPerSecUSec" : name)
        let isTime = property.hasSuffix("Sec") && !property.hasSuffix("USec")
        let onBus = isTime ? property.dropLast(3) + "USec" : property[...]
        let limits = all.filter { limit in
            (limit.v2 + limit.v1).contains { $0.systemd.map { $0.name == onBus } ?? false }
        }
        // On v2, memory.soft_limit is also MemoryHigh.
        return limits.first { limit in limit.v2.contains { $0.name == limit.name } }
            ?? limits.first
    }

    /// The text of a file in a new cgroup on every v2 kernel, for a file that systemd keeps.
    package static func initialText(ofFile name: String) -> String? {
        byFile[name]?.first?.file.initial
    }

    /// The position of a file's limit in the order of related limits; 0 for an unknown file.
    package static func nesting(ofFile name: String) -> Int {
        rows(ofFile: name).first?.limit.nesting ?? 0
    }
}
