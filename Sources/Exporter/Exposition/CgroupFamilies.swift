/// The families about cgroups that are no rows of the catalog.
enum CgroupFamilies {
    static let info = Family("cgroup_info", .info, "What the path says about the cgroup.")
    static let effectiveMemoryMax = Family(
        "cgroup_memory_effective_max_bytes", .gauge, unit: "bytes",
        "Lowest hard memory limit of the cgroup and its ancestors.")

    /// What ends the label block of a series with the label `cgroup` alone.
    static let closingBrace = [UInt8(ascii: "}")]
}
