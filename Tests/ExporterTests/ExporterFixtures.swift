import CgroupModel
import Exporter
import TestSupport

/// A snapshot by name, so that test reports stay readable.
enum Example: String, CaseIterable {
    case small, hostile

    var snapshot: Snapshot {
        switch self {
        case .small: ExporterFixtures.small()
        case .hostile: ExporterFixtures.hostile()
        }
    }
}

/// Snapshots that the suites share.
enum ExporterFixtures {
    static let disk = InstanceKey(major: 254, minor: 0)
    static let unnamedDisk = InstanceKey(major: 8, minor: 16)

    static func encoder(_ selection: ExportSelection = ExportSelection()) -> ExpositionEncoder {
        ExpositionEncoder(version: "1.2.3", selection: selection) { $0 == disk ? "vda" : nil }
    }

    static var process: ProcessSample {
        var sample = ProcessSample()
        sample.cpuMicroseconds = Reading(1_500_000)
        sample.openDescriptors = Reading(42)
        sample.maximumDescriptors = Reading(1024)
        sample.maximumVirtualBytes = .unlimited
        sample.residentBytes = Reading(10_485_760)
        sample.startMicroseconds = Reading(1_790_000_000_250_000)
        sample.threads = Reading(3)
        return sample
    }

    /// Three cgroups that between them have every kind of value and of missing value.
    static func small(tick: UInt64 = 1) -> Snapshot {
        var builder = SnapshotBuilder()
        builder.tick = tick
        builder.health.filesRead = 1234
        builder.health.malformed = 1
        builder.health.notPermitted = 2
        builder.health.descriptors = 99
        builder.health.duration = 12_345_678
        builder.add("/", ["cgroup.populated": Reading(1), "cpu.usage_usec": Reading(99_000_000)])
        builder.instance("io.rbytes", disk, 4096)
        builder.instance("io.rbytes", unnamedDisk, 512)
        builder.instance("io.wios", disk, 7)
        builder.add(
            "/system.slice",
            [
                "cgroup.populated": Reading(1), "cpu.usage_usec": Reading(12_345_678),
                "memory.current": Reading(8_388_608), "memory.max": Reading(16_777_216),
                "cpu.max": .unlimited, "cpu.max.period": Reading(100_000),
                "memory.pressure.some.total": .unsupported, "pids.max": .unlimited,
            ])
        builder.add(
            "/system.slice/ssh.service",
            [
                "cgroup.populated": Reading(0), "cpu.usage_usec": Reading(1),
                "cpu.nr_periods": Reading(5), "memory.current": Reading(0),
                "memory.max": .unlimited, "memory.events.oom_kill": .notPermitted,
                "cpu.max": Reading(50_000), "cpu.max.period": Reading(100_000),
                "memory.pressure.some.total": Reading(2_000_100), "pids.current": .gone,
                "memory.anon": .malformed, "cpu.weight": Reading(100),
            ])
        builder.instance("io.rbytes", disk, 0)
        builder.instance("io.max.rbps", disk, 1_048_576)
        if let size = Word.intern("2MB") {
            builder.instance("hugetlb.current", InstanceKey(rawValue: size), 2_097_152)
        }
        return builder.build()
    }

    /// Names that the kernel allows and a careless exporter does not survive.
    static func hostile(tick: UInt64 = 1) -> Snapshot {
        var builder = SnapshotBuilder()
        builder.tick = tick
        let names: [[UInt8]] = [
            Array("/".utf8), Array("/a b".utf8), Array("/say \"hi\"".utf8),
            Array(#"/dev-disk-by\x2duuid.swap"#.utf8), Array("/übung/日本/🐧".utf8),
            Array("/back\\".utf8), Array("/tab\tcr\r{}=,# EOF".utf8),
            [0x2f, 0x62, 0xff, 0x61, 0x64], [0x2f, 0xc3], [0x2f, 0xe2, 0x82, 0x2f, 0x80],
        ]
        for (number, name) in names.enumerated() {
            builder.add(
                bytes: name,
                [
                    "memory.current": Reading(UInt64(number)), "memory.max": Reading(1 << 40),
                    "cpu.usage_usec": Reading(UInt64(number) * 1_000_001),
                ])
            builder.instance("io.rbytes", disk, UInt64(number))
            builder.instance("io.rbytes", unnamedDisk, UInt64(number))
        }
        return builder.build()
    }

    static func text(
        _ snapshot: Snapshot, _ format: ExpositionFormat,
        _ selection: ExportSelection = ExportSelection()
    ) -> String {
        var encoder = encoder(selection)
        encoder.encode(snapshot, process: process, as: format)
        return String(decoding: encoder.bytes, as: UTF8.self)
    }
}

extension ExportSelection {
    /// All families, with every possible label.
    static var everything: ExportSelection {
        var selection = ExportSelection()
        selection.extras = Set(ExportExtra.allCases)
        selection.hasIdleDevices = true
        return selection
    }
}
