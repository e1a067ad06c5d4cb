import CgroupModel
import TestSupport

@testable import Causes

/// Two made samples, two seconds apart.
struct Situation {
    private var now: SnapshotBuilder
    private var before: SnapshotBuilder
    /// Whether cgroups have pressure files, as on v2.
    var hasPressure = true
    var files = SourceFiles()

    static let window = 2.0

    init() {
        let names = Explanation.metrics.map { MetricCatalog[$0] }.filter { $0.dimension == nil }
            .map(\.name)
        now = SnapshotBuilder(metrics: names)
        before = SnapshotBuilder(metrics: names)
        now.tick = 3
        now.seconds = Self.window
        before.seconds = nil
        now.host.cpuCount = 4
        setHostLoad(0.3)
    }

    /// The busy share of the host's CPUs.
    mutating func setHostLoad(_ share: Double) {
        now.host.cpuBusy = Reading(UInt64(share * 1_000_000))
        now.host.previousCPUBusy = Reading(0)
        now.host.cpuTotal = Reading(1_000_000)
        now.host.previousCPUTotal = Reading(0)
    }

    mutating func setCPUs(_ count: Int) { now.host.cpuCount = count }

    mutating func setSwapFree(_ bytes: UInt64) { now.host.swapFree = Reading(bytes) }

    /// Makes both samples the first of their kind, without rates.
    mutating func forgetRates() { now.seconds = nil }

    /// Adds a cgroup: levels and settings now, levels two seconds ago, growth of counters, and the
    /// share of time in which some task waited for CPU, memory and I/O.
    mutating func add(
        _ path: String, _ levels: [MetricID: Reading] = [:], earlier: [MetricID: UInt64] = [:],
        growth: [MetricID: UInt64] = [:],
        waits: (cpu: Double, memory: Double, io: Double) = (0, 0, 0)
    ) {
        var values: [String: Reading] = [:]
        var old: [String: Reading] = [:]
        var past: [String: Reading] = [:]
        let base: UInt64 = 5000
        for (metric, reading) in levels { values[MetricCatalog[metric].name] = reading }
        for (metric, number) in earlier { past[MetricCatalog[metric].name] = Reading(number) }
        for (metric, number) in growth {
            values[MetricCatalog[metric].name] = Reading(base + number)
            old[MetricCatalog[metric].name] = Reading(base)
        }
        if hasPressure {
            for (resource, share) in [
                ("cpu", waits.cpu), ("memory", waits.memory), ("io", waits.io),
            ] {
                values["\(resource).pressure.some.avg10"] = Reading(UInt64(share * 10000))
                values["\(resource).pressure.some.total"] = Reading(
                    base + UInt64(share * Self.window * 1e6))
                old["\(resource).pressure.some.total"] = Reading(base)
            }
        }
        now.add(path, values, before: old)
        before.add(path, past)
    }

    /// Adds a limit of a device to the cgroup that was added last, and the traffic that it counts.
    mutating func device(
        _ limit: MetricID, _ most: UInt64, _ usage: MetricID, perSecond rate: Double
    ) {
        let disk = InstanceKey(major: 8, minor: 0)
        now.instance(MetricCatalog[limit].name, disk, most)
        now.instance(
            MetricCatalog[usage].name, disk, UInt64(rate * Self.window) + 10, before: 10)
    }

    /// Explains a cgroup.
    func explained(_ path: String) throws -> Explanation {
        let snapshot = now.build()
        guard let index = snapshot.index(of: CgroupPath(path)) else {
            throw TestSupportError("no cgroup \(path)")
        }
        return Explanation(index, in: snapshot, after: EarlierLevels(before.build()), files: files)
    }
}

/// A text value.
func word(_ text: String) -> Reading { Word.intern(text).map { Reading(UInt64($0)) } ?? .malformed }

extension UInt64 {
    /// Mebibytes.
    var mebibytes: UInt64 { self << 20 }
}
