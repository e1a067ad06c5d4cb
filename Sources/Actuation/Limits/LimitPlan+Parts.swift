extension LimitPlan {
    /// One plan for each value that does not depend on another one, in the order of the writes.
    ///
    /// Those of memory come last: lowering them may take seconds, for which no other value waits.
    public var parts: [LimitPlan] {
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
    /// What is written together or not at all: a quota without its period would be another limit.
    fileprivate var family: String {
        if name.hasPrefix("cpu.max") { return "cpu.max" }
        // Rules for devices each by itself, in their order.
        if !isReadable { return "\(name) \(new)" }
        if name == "cpu.idle" || name == "cpu.weight" { return "cpu.weight" }
        return [name, instance].compactMap(\.self).joined(separator: " ")
    }
}
