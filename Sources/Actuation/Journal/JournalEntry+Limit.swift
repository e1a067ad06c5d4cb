public import CgroupModel
public import Hierarchy

extension JournalEntry {
    /// Whether this is a value that setting a limit changes; `instance` is the disk, page size,
    /// interface or resource as a person names it.
    public func isPart(of limit: Limit, instance: String?, on system: SystemRoot) -> Bool {
        var name = instance
        if limit.dimension == .device, let instance {
            name =
                (try? DiskLookup(system: system).disk(instance))?.number.text(.device) ?? instance
        }
        return limit.touched.contains { $0.cell(of: name, limit.dimension) == cell }
    }
}

extension Limit {
    /// The files of both versions that change with it: idleness takes the weight with it.
    fileprivate var touched: [LimitFile] {
        let also = name == "cpu.idle" ? LimitCatalog.limit(named: "cpu.weight") : nil
        return [self, also].compactMap { $0 }.flatMap { $0.v1 + $0.v2 }
    }
}
