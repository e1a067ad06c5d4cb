/// One value of an interface file, in the unit of the file.
package struct FileSetting: Hashable, Sendable {
    /// The file, with the encoding of the value.
    package let file: LimitFile
    /// The disk, interface or resource; nil for the value of the whole cgroup.
    package let instance: String?
    /// The value: bytes, shares, microseconds of quota or of its period, a list.
    package let value: LimitValue

    private init(_ file: LimitFile, _ value: LimitValue, of instance: String? = nil) {
        self.file = file
        self.instance = instance
        self.value = value
    }

    /// Parses a text that is written to an interface file; empty if it is malformed or no limit has
    /// the file.
    ///
    /// `8:0 rbps=1 wbps=max` is two values, and so is a quota with its period.
    package static func all(in text: String, of file: String) -> [FileSetting] {
        let rows = LimitCatalog.rows(ofFile: file)
        let trimmed = text == "\n" ? "" : text
        let words = trimmed.split(separator: " ").map(String.init)
        if rows.contains(where: { $0.file.coding == .quotaAndPeriod }) {
            return bandwidth(words, rows.map(\.file))
        }
        let perInstance = rows.filter { $0.limit.dimension != nil }.map(\.file)
        let whole = rows.first { $0.limit.dimension == nil }?.file
        if let first = words.first, !perInstance.isEmpty, whole == nil || first.contains(":") {
            return lines(words.dropFirst(), of: first, perInstance)
        }
        guard let file = whole else { return [] }
        let isDefault = words.count == 2 && words[0] == file.line
        return file.coding.inFile(isDefault ? words[1] : trimmed).map { [FileSetting(file, $0)] }
            ?? []
    }

    /// Parses `QUOTA PERIOD` or a quota alone, which keeps the period.
    private static func bandwidth(_ words: [String], _ files: [LimitFile]) -> [FileSetting] {
        let known = files.first { $0.coding == .quotaAndPeriod }
        guard let known, (1...2).contains(words.count),
            let quota = LimitFile.Coding.number(unlimited: "max").inFile(words[0])
        else { return [] }
        let first = FileSetting(known, quota)
        guard words.count == 2 else { return [first] }
        guard let file = files.first(where: { $0.coding == .periodOfQuota }),
            let period = UInt64(words[1]), period > 0
        else { return [] }
        return [first, FileSetting(file, .number(period))]
    }

    /// Parses the values of one instance: `KEY=VALUE` each, or a single value.
    private static func lines(
        _ words: ArraySlice<String>, of instance: String, _ files: [LimitFile]
    ) -> [FileSetting] {
        let values = words.compactMap { word -> FileSetting? in
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            let field = parts.count == 2 ? parts[0] : nil
            guard let file = files.first(where: { $0.field == field }),
                let value = parts.last.flatMap(file.coding.inFile)
            else { return nil }
            return FileSetting(file, value, of: instance)
        }
        let isWhole = values.count == words.count
        let isOne = words.count == 1 || files.contains { $0.field != nil }
        return isWhole && isOne ? values : []
    }
}

extension LimitCatalog {
    private static let byFile: [String: [(limit: Limit, file: LimitFile)]] = {
        var rows: [String: [(limit: Limit, file: LimitFile)]] = [:]
        for limit in all {
            for file in limit.v2 + limit.v1 { rows[file.name, default: []].append((limit, file)) }
        }
        // Of two limits with one file, that with a property of systemd comes first.
        return rows.mapValues { rows in
            rows.filter { $0.file.systemd != nil } + rows.filter { $0.file.systemd == nil }
        }
    }()

    /// The limits with a value in an interface file, those that systemd may keep first.
    package static func rows(ofFile name: String) -> [(limit: Limit, file: LimitFile)] {
        byFile[name] ?? []
    }

    /// The property with which systemd keeps an interface file; nil if systemd ignores the file.
    package static func unitProperty(ofFile name: String) -> UnitProperty? {
        byFile[name]?.first?.file.systemd
    }

    /// The text of a file in a new cgroup on every v2 kernel, for a file that systemd keeps.
    package static func initialText(ofFile name: String) -> String? {
        byFile[name]?.first?.file.initial
    }
}
