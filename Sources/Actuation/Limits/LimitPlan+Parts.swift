extension LimitPlan {
    /// One plan for each independent value, in the order of the writes.
    ///
    /// Memory limits come last: lowering one may take seconds, and no other value should wait for
    /// it.
    package var parts: [LimitPlan] {
        var families: [String] = []
        var writesOf: [String: [PlannedWrite]] = [:]
        for write in writes {
            if writesOf[write.family] == nil { families.append(write.family) }
            writesOf[write.family, default: []].append(write)
        }
        let parts = families.compactMap { writesOf[$0] }
        let isMemory = { (writes: [PlannedWrite]) in writes[0].name.hasPrefix("memory.") }
        return (parts.filter { !isMemory($0) } + parts.filter(isMemory)).map {
            LimitPlan($0, protection: protection)
        }
    }
}

extension PlannedWrite {
    /// The group of writes that must be made together, such as a quota and its period.
    fileprivate var family: String {
        if name.hasPrefix("cpu.max") { return "cpu.max" }
        // Device rules are independent and keep their order.
        if !isReadable { return "\(name) \(rawNew)" }
        if name == "cpu.idle" || name == "cpu.weight" { return "cpu.weight" }
        return [name, instance].compactMap(\.self).joined(separator: " ")
    }
}
