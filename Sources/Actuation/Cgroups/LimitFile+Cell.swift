import CgroupModel

extension LimitFile {
    /// Returns the cell of an instance.
    func cell(of instance: String?, _ dimension: Dimension?) -> ControlCell {
        if dimension == .pageSize {
            let parts = name.split(separator: "*", omittingEmptySubsequences: false)
            return ControlCell(parts.joined(separator: instance ?? ""))
        }
        return ControlCell(name, line: line ?? instance, field: field, missing: missing)
    }
}
