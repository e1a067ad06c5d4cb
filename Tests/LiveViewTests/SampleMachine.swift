import CgroupModel
import TestSupport

@testable package import LiveView

/// A small machine with everything that a view must tell apart.
enum SampleMachine {
    static let mebi: UInt64 = 1 << 20

    static func snapshot(tick: UInt64 = 7, cpuOfCron: UInt64 = 20_000) -> Snapshot {
        var builder = SnapshotBuilder(metrics: ["memory.max", "cpu.pressure.some.avg10"])
        builder.tick = tick
        builder.host = host
        builder.add(
            "/", ["cpu.usage_usec": Reading(9_000_000)],
            before: ["cpu.usage_usec": Reading(8_300_000)])
        builder.add(
            "/init.scope",
            [
                "pids.current": Reading(1), "memory.current": Reading(12 * mebi),
                "cpu.usage_usec": Reading(5_000_000),
            ],
            before: ["cpu.usage_usec": Reading(5_000_000)])
        builder.add(
            "/system.slice",
            [
                "pids.current": Reading(40), "memory.current": Reading(900 * mebi),
                "memory.max": .unlimited,
                "cpu.usage_usec": Reading(3_000_000), "memory.swap.current": Reading(3 * mebi),
            ], before: ["cpu.usage_usec": Reading(2_400_000)])
        builder.add(
            "/system.slice/cron.service",
            [
                "pids.current": Reading(2), "memory.current": .notPermitted,
                "cgroup.frozen": Reading(1),
                "cpu.usage_usec": Reading(1_000_000 + cpuOfCron),
            ], before: ["cpu.usage_usec": Reading(1_000_000)])
        addDatabase(to: &builder)
        builder.add(
            "/system.slice/日本語テスト.service",
            [
                "pids.current": Reading(3), "memory.current": Reading(mebi),
                "cpu.usage_usec": .unsupported,
            ])
        builder.add(
            bytes: Array("/system.slice/odd\u{1b}[31m".utf8) + [0xff],
            ["memory.current": .malformed])
        builder.add("/user.slice", ["pids.current": Reading(5), "memory.current": Reading(0)])
        builder.add(
            "/user.slice/user-1000.slice",
            ["pids.current": Reading(5), "memory.current": Reading(0)])
        builder.add(
            "/user.slice/user-1000.slice/user@1000.service",
            ["pids.current": Reading(123_456), "memory.current": Reading(4096)])
        builder.add(
            "/user.slice/user-1000.slice/user@1000.service/app.slice",
            ["memory.under_oom": Reading(1), "memory.current": Reading(4096)])
        return builder.build()
    }

    private static func addDatabase(to builder: inout SnapshotBuilder) {
        builder.add(
            "/system.slice/postgresql@15-main.service",
            [
                "pids.current": Reading(31), "memory.current": Reading(450 * mebi),
                "memory.max": Reading(512 * mebi), "memory.anon": Reading(300 * mebi),
                "memory.file": Reading(120 * mebi), "memory.kernel": Reading(30 * mebi),
                "memory.high": .unlimited, "memory.events.oom_kill": Reading(2),
                "cpu.usage_usec": Reading(2_550_000), "cpu.user_usec": Reading(1_900_000),
                "cpu.max": Reading(150_000),
                "cpu.max.period": Reading(100_000), "cpu.nr_periods": Reading(110),
                "cpu.nr_throttled": Reading(13),
                "cpu.throttled_usec": Reading(800_000), "cpu.pressure.some.avg10": Reading(1234),
                "cpu.pressure.some.avg60": Reading(500), "cpu.pressure.some.avg300": Reading(100),
                "memory.pressure.some.avg10": .unsupported, "pids.max": Reading(4096),
            ],
            before: [
                "cpu.usage_usec": Reading(2_000_000), "cpu.user_usec": Reading(1_500_000),
                "cpu.nr_periods": Reading(100),
                "cpu.nr_throttled": Reading(10), "cpu.throttled_usec": Reading(700_000),
            ])
        let disk = InstanceKey(major: 254, minor: 0)
        builder.instance("io.rbytes", disk, 5 * mebi, before: 3 * mebi)
        builder.instance("io.wbytes", disk, 1_536_000, before: 1_000_000)
        builder.instance("io.rios", disk, 512, before: 500)
        builder.instance("io.max.wbps", disk, 10 * mebi)
    }

    private static var host: HostSample {
        var host = HostSample()
        host.memoryTotal = Reading(8192 * mebi)
        host.memoryAvailable = Reading(5120 * mebi)
        host.swapTotal = Reading(2048 * mebi)
        host.swapFree = Reading(2000 * mebi)
        host.tasks = Reading(412)
        host.cpuCount = 4
        host.cpuBusy = Reading(91_500_000)
        host.previousCPUBusy = Reading(90_000_000)
        host.cpuTotal = Reading(404_000_000)
        host.previousCPUTotal = Reading(400_000_000)
        host.cpuPressure = Reading(152)
        host.memoryPressure = Reading(0)
        host.ioPressure = .unsupported
        return host
    }

    /// A model that shows the machine.
    static func model(
        rows: Int = 24, columns: Int = 80, layout: Layout = Layout(), keys: [KeyEvent] = [],
        isReplay: Bool = false
    ) -> LiveModel {
        var model = LiveModel(layout: layout, isReplay: isReplay)
        model.size = ScreenSize(rows: rows, columns: columns)
        model.show(snapshot())
        for key in keys { _ = model.handle(key) }
        return model
    }

    static var scene: Scene {
        Scene(
            mode: "hybrid", now: 1_790_000_007_000_000, back: 0, frames: 30,
            series: [[nil, 0, 10, 20, 40, 80], [0, 0, nil, 30], []], clock: { _ in "14:03:22" })
    }
}

extension KeyEvent: ExpressibleByExtendedGraphemeClusterLiteral {
    /// A character key.
    package init(extendedGraphemeClusterLiteral value: Character) { self = .character(value) }
}

extension CgroupFilter: ExpressibleByStringLiteral {
    /// A filter that must be valid.
    package init(stringLiteral text: String) {
        do {
            try self.init(parsing: text)
        } catch {
            preconditionFailure("\(error)")
        }
    }
}
