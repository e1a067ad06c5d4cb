import CgroupModel
import Testing

@testable import Actuation

@Suite struct SystemdTranslationTests {
    private static let now = [
        "cpu.max": "max 50000", "cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000",
    ]
    private static let translation = SystemdTranslation(
        current: { now[$0] }, deviceFile: { $0 == "254:0" ? "/dev/vda" : nil })

    private static func disk(_ property: String, _ value: UInt64) -> SystemdAssignment {
        SystemdAssignment(property, .deviceU64([SystemdDeviceValue("/dev/vda", value)]), since: 230)
    }

    private static func quota(_ perSecond: UInt64, _ period: UInt64) -> [SystemdAssignment] {
        [
            SystemdAssignment("CPUQuotaPerSecUSec", .u64(perSecond), since: 213),
            SystemdAssignment("CPUQuotaPeriodUSec", .u64(period), since: 242),
        ]
    }

    private static func one(
        _ property: String, _ value: SystemdValue, _ since: Int
    ) -> [SystemdAssignment] { [SystemdAssignment(property, value, since: since)] }

    private static let table: [(file: String, text: String, [SystemdAssignment])] = [
        ("memory.max", "104857600", one("MemoryMax", .u64(104_857_600), 231)),
        ("memory.max", "max", one("MemoryMax", .infinity, 231)),
        ("memory.high", "0", one("MemoryHigh", .u64(0), 231)),
        ("memory.low", "1", one("MemoryLow", .u64(1), 231)),
        ("memory.min", "1", one("MemoryMin", .u64(1), 240)),
        ("memory.swap.max", "max", one("MemorySwapMax", .infinity, 232)),
        ("pids.max", "50", one("TasksMax", .u64(50), 227)),
        ("cpu.weight", "250", one("CPUWeight", .u64(250), 232)),
        ("cpu.idle", "1", one("CPUWeight", .u64(0), 252)),
        ("cpu.idle", "0", one("CPUWeight", .infinity, 252)),
        ("memory.zswap.writeback", "0", one("MemoryZSwapWriteback", .bool(false), 256)),
        ("memory.zswap.writeback", "1", one("MemoryZSwapWriteback", .bool(true), 256)),
        ("cpu.max", "150000 100000", quota(1_500_000, 100_000)),
        // 333333 would be multiplied back to 9999.
        ("cpu.max", "10000 30000", quota(333_334, 30_000)),
        ("cpu.max", "25000", quota(500_000, 50_000)),
        ("cpu.max", "max 100000", quota(.max, 100_000)),
        ("cpu.max", "max", quota(.max, 50_000)),
        ("cpu.cfs_quota_us", "50000", quota(500_000, 100_000)),
        ("cpu.cfs_period_us", "20000", quota(.max, 20_000)),
        ("cpuset.cpus", "0,2-3,9", one("AllowedCPUs", .bytes([0b1101, 0b10]), 244)),
        ("cpuset.cpus", "\n", one("AllowedCPUs", .bytes([]), 244)),
        ("cpuset.mems", "0", one("AllowedMemoryNodes", .bytes([1]), 244)),
        (
            "io.max", "254:0 wbps=1048576 riops=max",
            [disk("IOWriteBandwidthMax", 1_048_576), disk("IOReadIOPSMax", .max)]
        ),
        ("io.weight", "default 200", one("IOWeight", .u64(200), 230)),
        ("io.weight", "200", one("IOWeight", .u64(200), 230)),
        ("io.weight", "254:0 300", [disk("IODeviceWeight", 300)]),
        ("io.bfq.weight", "100", one("IOWeight", .u64(100), 230)),
        ("io.bfq.weight", "1000", one("IOWeight", .u64(10_000), 230)),
        (
            "io.latency", "254:0 target=75000",
            one(
                "IODeviceLatencyTargetUSec",
                .deviceU64([SystemdDeviceValue("/dev/vda", 75_000)]), 240)
        ),
        ("memory.limit_in_bytes", "-1", one("MemoryMax", .infinity, 231)),
        ("cpu.shares", "512", one("CPUShares", .u64(512), 213)),
        ("blkio.throttle.read_bps_device", "254:0 4096", [disk("IOReadBandwidthMax", 4096)]),
        ("blkio.throttle.write_bps_device", "254:0 0", [disk("IOWriteBandwidthMax", .max)]),
    ]

    private static func assignments(_ values: FileValue...) throws -> [SystemdAssignment] {
        try translation.assignments(for: try values.flatMap { try $0.settings })
    }

    @Test(arguments: table.indices)
    func fileTextIsTranslatedToProperties(_ row: Int) throws {
        let (file, text, wanted) = Self.table[row]
        #expect(try Self.assignments(FileValue(file, text)) == wanted)
    }

    @Test func bothV1QuotaFilesBecomeOneProperty() throws {
        let both = try Self.assignments(
            FileValue("cpu.cfs_period_us", "10000"), FileValue("cpu.cfs_quota_us", "5000"))
        #expect(both == Self.quota(500_000, 10_000))
    }

    @Test func untranslatableValueIsRefused() {
        let bad = [
            ("memory.max", "100M"), ("memory.max", ""), ("memory.max", "-5"), ("cpu.max", ""),
            ("cpu.max", "5000 0"), ("cpu.max", "99999999999999 100000"), ("cpuset.cpus", "1,"),
            ("cpuset.cpus", "3-1"), ("cpuset.cpus", "a-3"), ("cpuset.cpus", "1-2-3"),
            ("cpuset.cpus", "99999"), ("io.max", "254:0"), ("io.max", "254:0 speed=1"),
            ("io.max", "wbps=1"), ("io.latency", "254:0 75000"), ("io.weight", "254:0"),
            ("blkio.throttle.read_bps_device", "254:0 1 2"),
        ]
        for (file, text) in bad {
            #expect(throws: ActuationError.self, "\(file) = \(text)") {
                try Self.assignments(FileValue(file, text))
            }
        }
    }

    @Test func missingDeviceIsNamed() {
        #expect {
            try Self.assignments(FileValue("io.max", "9:9 rbps=1"))
        } throws: { error in
            let error = error as? ActuationError
            return error?.code == .notFound && error?.message.contains("9:9") == true
        }
    }

    @Test func unmanagedFilesHaveNoProperty() {
        for file in [
            "memory.oom.group", "cpu.max.burst", "cpuset.partition", "hugetlb.2MB.max",
            "memory.soft_limit_in_bytes", "memory.memsw.limit_in_bytes", "freezer.state",
            "blkio.throttle.read_iops_device", "blkio.throttle.write_iops_device",
            "devices.allow", "devices.deny", "blkio.bfq.weight",
        ] { #expect(LimitCatalog.unitProperty(ofFile: file) == nil, "\(file)") }
    }

    /// The manual names the property that is set, and the version that has it: a quota alone is of
    /// systemd 213, its period of 242 (systemd.resource-control(5)).
    @Test(arguments: [
        ("cpu.max", "CPUQuotaPerSecUSec", 213), ("cpu.max.period", "CPUQuotaPeriodUSec", 242),
        ("cpu.idle", "CPUWeight", 252), ("cpu.weight", "CPUWeight", 232),
        ("io.max.riops", "IOReadIOPSMax", 230), ("memory.soft_limit", "MemoryHigh", 231),
    ])
    func aLimitsPropertyIsThatOfItsFile(name: String, property: String, since: Int) throws {
        let limit = try #require(LimitCatalog.limit(named: name))
        #expect(limit.systemd?.name == property && limit.systemd?.since == since)
    }

    /// systemd applies IOPS limits on v2 alone, and MemoryHigh likewise.
    @Test func whatSystemdDoesOnV2AloneIsWrittenDirectlyOnV1() throws {
        for name in ["io.max.riops", "io.max.wiops", "memory.soft_limit"] {
            let limit = try #require(LimitCatalog.limit(named: name))
            #expect(limit.v1.allSatisfy { $0.systemd == nil }, "\(name)")
        }
    }
}
