package import CgroupModel
package import Hierarchy

extension JournalEntry {
    /// Whether setting a limit changes this value.
    ///
    /// `instance` is the disk, page size, interface or resource as the user names it.
    package func isPart(of limit: Limit, instance: String?, on system: SystemRoot) -> Bool {
        limit.touches(cell, instance: instance, on: system)
    }
}

extension Limit {
    /// Whether setting the limit changes a value in an interface file.
    ///
    /// `instance` is the disk, page size, interface or resource as the user names it.
    package func touches(_ cell: ControlCell, instance: String?, on system: SystemRoot) -> Bool {
        var name = instance
        if dimension == .device, let instance {
            name =
                (try? DiskLookup(system: system).disk(instance))?.number.text(.device) ?? instance
        }
        return touched.contains { $0.cell(of: name, dimension) == cell }
    }

    /// The v1 and v2 files that change with it; `cpu.idle` also changes the weight.
    private var touched: [LimitFile] {
        let also = name == "cpu.idle" ? LimitCatalog.limit(named: "cpu.weight") : nil
        return [self, also].compactMap { $0 }.flatMap { $0.v1 + $0.v2 }
    }
}
