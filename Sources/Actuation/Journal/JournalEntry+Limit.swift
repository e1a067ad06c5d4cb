package import CgroupModel
package import Hierarchy

extension JournalEntry {
    /// Whether setting a limit changes this value.
    ///
    /// `instance` is the disk, page size, interface or resource as the user names it.
    package func isPart(of limit: Limit, instance: String?, on system: SystemRoot) -> Bool {
        limit.touches(cell, instance: instance, on: system)
    }

    /// The limit that the value belongs to, with the encoding of its file; nil for a freeze request
    /// and other values that no limit has.
    private var setting: (limit: Limit, file: LimitFile)? {
        guard subject == .value else { return nil }
        return LimitCatalog.rows(ofFile: cell.file).first { limit, file in
            file.field == cell.field && (file.line == nil || file.line == cell.line)
        }
    }

    /// The name of the limit, as `set` accepts it: `memory.max`, `io.max.rbps 8:0`; nil for a value
    /// that no limit has.
    package var limitName: String? {
        setting.map { limit, file in
            limit.dimension == .pageSize
                ? limit.name(of: LimitCatalog.limit(ofPageSize: cell.file)?.size)
                : limit.name(of: file.line == nil ? cell.line : nil)
        }
    }

    /// Formats one of its values in an interface file as `get` prints it.
    ///
    /// `period` is that of a v1 quota, in microseconds; nil if it is unknown.
    package func readable(_ text: String, period: UInt64? = nil) -> String {
        setting.map { $0.limit.text(text, as: $0.file.coding, period: period) }
            ?? (text.isEmpty ? "(empty)" : text)
    }

    /// The present period of a v1 quota in microseconds; nil for other values.
    package func quotaPeriod(in set: HierarchySet) -> UInt64? {
        guard setting?.file.coding == .quota,
            let hierarchy = set.hierarchies.first(where: { $0.label == self.hierarchy }),
            let directory = try? CgroupDirectory(path, in: hierarchy)
        else { return nil }
        return directory.quotaPeriod
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
