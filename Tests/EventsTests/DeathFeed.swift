import CgroupModel
import TestSupport

@testable import Events

/// Feeds samples one second apart, and the ends that were noticed between them.
struct DeathFeed {
    var samples = SampleSequence(watching: Obituaries.watched)
    var obituaries: Obituaries
    var second: UInt64 = 0

    /// Lists of processes are read with `own`.
    init(own: OwnProcesses? = nil) { obituaries = Obituaries(ownProcesses: own) }

    func time(_ second: Double) -> EventTime {
        EventTime(
            wall: 1_790_000_000_000_000 + UInt64(second * 1e6), boot: UInt64(second * 1e9))
    }

    mutating func take(
        _ ends: [CgroupEnd] = [], _ unsampled: [UnsampledCgroup] = [], sweep: UInt64 = 0,
        _ fill: (inout SnapshotBuilder) -> Void
    ) -> Obituaries.Report {
        second += 1
        var builder = SnapshotBuilder(
            metrics: Obituaries.metrics.map { MetricCatalog[$0] }.filter { $0.dimension == nil }
                .map(\.name))
        builder.health.duration = sweep
        builder.tick = second
        fill(&builder)
        return obituaries.take(samples.next(builder.build()), ends, unsampled, time(Double(second)))
    }

    func end(
        _ path: String, _ second: Double, lived seconds: Double, cpu: UInt64? = nil
    ) -> CgroupEnd {
        var totals: LifeTotals?
        if let cpu {
            var builder = SnapshotBuilder()
            builder.add(path, ["cpu.usage_usec": Reading(cpu)])
            totals = LifeTotals(builder.build(), 0)
        }
        return CgroupEnd(
            path: CgroupPath(path), born: time(second - seconds).boot, died: time(second),
            final: totals)
    }
}

/// A parent without processes, and children by their CPU time.
func family(
    _ builder: inout SnapshotBuilder, _ parent: UInt64, _ children: [String: UInt64] = [:],
    own: UInt64 = 0
) {
    builder.add(
        "/p", generation: 1,
        ["cpu.usage_usec": Reading(parent), "pids.current": Reading(UInt64(children.count) + own)])
    for (index, child) in children.sorted(by: { $0.key < $1.key }).enumerated() {
        builder.add(
            "/p/\(child.key)", generation: UInt64(index) + 10,
            ["cpu.usage_usec": Reading(child.value), "pids.current": Reading(1)])
    }
}

func cpu(_ rest: [Unattributed]) -> [UInt64?] { rest.map(\.totals.cpuTime) }
