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
        // A page size has a file of its own.
        let isWhole = { (limit: Limit) in limit.dimension == nil || limit.dimension == .pageSize }
        let perInstance = rows.filter { !isWhole($0.limit) }.map(\.file)
        let whole = rows.first { isWhole($0.limit) }?.file
        if let first = words.first, !perInstance.isEmpty, whole == nil || first.contains(":") {
            return lines(words.dropFirst(), of: first, perInstance)
        }
        guard let file = whole else { return [] }
        let isDefault = words.count == 2 && words[0] == file.line
        return file.coding.stored(isDefault ? words[1] : trimmed).map { [FileSetting(file, $0)] }
            ?? []
    }

    /// Parses `QUOTA PERIOD` or a quota alone, which keeps the period.
    private static func bandwidth(_ words: [String], _ files: [LimitFile]) -> [FileSetting] {
        let known = files.first { $0.coding == .quotaAndPeriod }
        guard let known, (1...2).contains(words.count),
            let quota = LimitFile.Coding.number(unlimited: "max").stored(words[0])
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
                let value = parts.last.flatMap(file.coding.stored(_:))
            else { return nil }
            return FileSetting(file, value, of: instance)
        }
        let isWhole = values.count == words.count
        let isOne = words.count == 1 || files.contains { $0.field != nil }
        return isWhole && isOne ? values : []
    }
}
