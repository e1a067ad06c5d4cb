import CgroupModel

/// The families about cgroups that are no rows of the catalog.
enum CgroupFamilies {
    static let info = Family(
        "cgroup_info", .info, "What the cgroup is known as: unit, container, pod.")
    static let startTime = Family(
        "cgroup_start_time_seconds", .gauge, unit: "seconds", scale: 1_000_000,
        "When the cgroup was made, or seen first if that is earlier, in Unix time.")
    static let effectiveMemoryMax = Family(
        "cgroup_memory_effective_max_bytes", .gauge, unit: "bytes",
        "Lowest hard memory limit of the cgroup and its ancestors.")
    static let memoryStat = Family(
        "cgroup_memory_stat", .unknown, "All of memory.stat, gauges and counters, for debugging.")
}

extension [UInt8] {
    /// What ends the label block of a series: further labels, and the brace.
    static func labelEnd(_ labels: [FamilyLabel] = []) -> [UInt8] {
        var bytes: [UInt8] = []
        for label in labels { bytes.append(label: label.name, label.value) }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// Appends `,name="value"`.
    mutating func append(label name: String, _ value: String) {
        append(UInt8(ascii: ","))
        append(name)
        append("=\"")
        append(labelValue: value)
        append(UInt8(ascii: "\""))
    }
}
