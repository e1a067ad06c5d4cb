import CgroupModel

/// The cgroup families that are not catalog rows.
enum CgroupFamilies {
    static let info = Family(
        "cgroup_info", .info, "Identity of the cgroup: unit, container, pod.")
    static let startTime = Family(
        "cgroup_start_time_seconds", .gauge, unit: "seconds", scale: 1_000_000,
        "When the cgroup was created, or first seen if earlier, in Unix time.")
    static let effectiveMemoryMax = Family(
        "cgroup_memory_effective_max_bytes", .gauge, unit: "bytes",
        "Lowest hard memory limit of the cgroup and its ancestors.")
    static let memoryStat = Family(
        "cgroup_memory_stat", .unknown, "All of memory.stat, gauges and counters, for debugging.")
}

extension [UInt8] {
    /// The end of a series' label block: additional labels and the closing brace.
    static func labelEnd(_ labels: [FamilyLabel] = []) -> [UInt8] {
        var bytes: [UInt8] = []
        for label in labels { bytes.append(label: label.name, label.value) }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    mutating func append(label name: String, _ value: String) {
        append(UInt8(ascii: ","))
        append(name)
        append("=\"")
        append(labelValue: value)
        append(UInt8(ascii: "\""))
    }
}
