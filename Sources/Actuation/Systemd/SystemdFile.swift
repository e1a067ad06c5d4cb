/// The systemd property behind an interface file.
///
/// systemd ignores files that are not in this table. They may be written directly even in a unit's
/// own cgroup.
package struct SystemdFile: Sendable {
    /// The v1 or v2 interface file.
    package let file: String
    /// The property.
    package let name: String
    /// The first version of systemd that can set it at run time.
    package let since: Int
    let form: Form
    /// The text in a new cgroup on every v2 kernel; nil if it varies or the file may be missing.
    let initial: String?

    /// The conversion of a file's text into the property's value.
    enum Form: Sendable {
        /// Bytes or a count; `max` means unlimited.
        case number
        /// Bytes or a count; -1 means unlimited.
        case legacyNumber
        /// 1 to 10000 with or without `default`, or `MAJOR:MINOR WEIGHT`.
        case weight(perDevice: String)
        /// A bfq weight of 1 to 1000, which corresponds to systemd's 1 to 10000.
        case bfqWeight
        /// `QUOTA PERIOD`
        case quota
        /// The quota or the period in a separate file.
        case legacyQuota
        /// 1 for the idle scheduling class.
        case idle
        /// 0 or 1.
        case flag
        /// A list of CPUs or nodes.
        case set
        /// `MAJOR:MINOR key=value…`
        case ioLimits
        /// `MAJOR:MINOR target=MICROSECONDS`
        case ioLatency
        /// `MAJOR:MINOR RATE`; 0 means unlimited.
        case legacyRate
    }

    private init(
        _ file: String, _ name: String, _ since: Int, _ form: Form, initial: String? = nil
    ) {
        self.file = file
        self.name = name
        self.since = since
        self.form = form
        self.initial = initial
    }

    /// Returns the row of an interface file; nil if systemd ignores the file.
    package static func behind(_ file: String) -> SystemdFile? { byFile[file] }

    private static let byFile = Dictionary(uniqueKeysWithValues: all.map { ($0.file, $0) })

    /// All rows.
    package static let all: [SystemdFile] = [
        .init("memory.max", "MemoryMax", 231, .number, initial: "max"),
        .init("memory.high", "MemoryHigh", 231, .number, initial: "max"),
        .init("memory.low", "MemoryLow", 231, .number, initial: "0"),
        .init("memory.min", "MemoryMin", 240, .number, initial: "0"),
        .init("memory.swap.max", "MemorySwapMax", 232, .number),
        .init("memory.zswap.max", "MemoryZSwapMax", 253, .number),
        .init("memory.zswap.writeback", "MemoryZSwapWriteback", 256, .flag),
        .init("cpu.weight", "CPUWeight", 232, .weight(perDevice: ""), initial: "100"),
        .init("cpu.idle", "CPUWeight", 252, .idle),
        .init("cpu.max", "CPUQuotaPerSecUSec", 242, .quota, initial: "max 100000"),
        .init("cpuset.cpus", "AllowedCPUs", 244, .set, initial: ""),
        .init("cpuset.mems", "AllowedMemoryNodes", 244, .set, initial: ""),
        .init("pids.max", "TasksMax", 227, .number, initial: "max"),
        .init("io.max", "IOReadBandwidthMax", 230, .ioLimits, initial: ""),
        .init("io.weight", "IOWeight", 230, .weight(perDevice: "IODeviceWeight")),
        .init("io.bfq.weight", "IOWeight", 230, .bfqWeight),
        .init("io.latency", "IODeviceLatencyTargetUSec", 240, .ioLatency),
        .init("memory.limit_in_bytes", "MemoryMax", 231, .legacyNumber),
        .init("cpu.shares", "CPUShares", 213, .legacyNumber),
        .init("cpu.cfs_quota_us", "CPUQuotaPerSecUSec", 242, .legacyQuota),
        .init("cpu.cfs_period_us", "CPUQuotaPeriodUSec", 242, .legacyQuota),
        .init("blkio.throttle.read_bps_device", "IOReadBandwidthMax", 230, .legacyRate),
        .init("blkio.throttle.write_bps_device", "IOWriteBandwidthMax", 230, .legacyRate),
    ]
}
