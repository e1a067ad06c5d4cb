package import CgroupModel

/// A server with made-up cgroups, sampled at regular times, for tests of long histories.
///
/// Each cgroup is a function of the time that returns its readings, so a test can compute what it
/// expects.
package struct SyntheticServer: Sequence, IteratorProtocol {
    /// The readings of a cgroup at a time in seconds since the start; counters are totals.
    package typealias Reading = (_ second: UInt64) -> [String: UInt64]

    /// A cgroup.
    package struct Cgroup {
        /// The path.
        package var path: [UInt8]
        /// The seconds since the start in which it exists, and those at which it is created again.
        package var life: Range<UInt64>, restarts: [UInt64]
        /// The readings; a missing limit is unlimited.
        package var reading: Reading

        /// Creates a cgroup that exists all the time.
        package init(
            _ path: String, life: Range<UInt64> = 0..<UInt64.max, restarts: [UInt64] = [],
            _ reading: @escaping Reading
        ) {
            self.init(bytes: Array(path.utf8), life: life, restarts: restarts, reading)
        }

        /// Creates a cgroup with raw bytes as its path.
        package init(
            bytes: [UInt8], life: Range<UInt64> = 0..<UInt64.max, restarts: [UInt64] = [],
            _ reading: @escaping Reading
        ) {
            path = bytes
            self.life = life
            self.restarts = restarts
            self.reading = reading
        }
    }

    /// The metrics of every snapshot; limits are unlimited unless a reading gives them.
    package static let metrics = [
        "cpu.usage_usec", "cpu.nr_periods", "cpu.nr_throttled", "cpu.max", "cpu.max.period",
        "cpu.weight", "memory.current", "memory.max", "memory.high", "memory.anon", "memory.file",
        "memory.active_file", "memory.inactive_file", "memory.workingset_refault_file",
        "memory.peak", "memory.events.max", "memory.events.high", "memory.events.oom_kill",
        "pids.current", "pids.max", "pids.events.max", "cgroup.populated",
    ]
    /// The values that are not 0 or unlimited without a reading.
    private static let usual: [String: UInt64] = [
        "cpu.max.period": 100_000, "cpu.weight": 100, "cgroup.populated": 1,
    ]
    /// The time of the first snapshot in microseconds since 1970.
    package static let start: UInt64 = 1_790_000_000_000_000

    private let cgroups: [Cgroup]
    private let step: UInt64
    private let end: UInt64
    private var second: UInt64 = 0
    private let schema: Schema
    /// The metrics that this server has.
    private let names: [String]
    /// The time that the host was suspended before a second, in seconds.
    package var suspended: [UInt64: UInt64] = [:]
    /// The steps of the wall clock before a second, in seconds.
    package var clockSteps: [UInt64: Int64] = [:]
    private var pause: UInt64 = 0
    private var shift: Int64 = 0

    /// Creates a server that is sampled every `step` seconds for `length` seconds.
    package init(
        _ cgroups: [Cgroup], step: UInt64 = 60, length: UInt64, without absent: Set<String> = [],
        with extra: [String] = []
    ) {
        self.cgroups = cgroups.sorted {
            CgroupPath(normalising: $0.path) < CgroupPath(normalising: $1.path)
        }
        self.step = step
        end = length
        names = (Self.metrics + extra).filter { !absent.contains($0) }
        schema = Schema(names.map { MetricCatalog.id($0) })
    }

    /// The next snapshot; nil at the end.
    package mutating func next() -> Snapshot? {
        guard second <= end else { return nil }
        defer { second += step }
        pause += suspended[second] ?? 0
        shift += clockSteps[second] ?? 0
        var block = RowBlock(values: [], previous: [], instances: [], instanceStarts: [0])
        var entries: [CgroupEntry] = []
        let catalog = schema.columns.map { MetricCatalog[$0] }
        for (number, cgroup) in cgroups.enumerated() where cgroup.life.contains(second) {
            let birth = cgroup.restarts.count { $0 <= second }
            let readings = cgroup.reading(second)
            for metric in catalog {
                let value = readings[metric.name] ?? Self.usual[metric.name]
                let none: CgroupModel.Reading =
                    metric.kind == .limit ? .unlimited : CgroupModel.Reading(0)
                block.values.append((value.map { CgroupModel.Reading($0) } ?? none).rawValue)
            }
            block.instanceStarts.append(0)
            let path = CgroupPath(normalising: cgroup.path)
            entries.append(
                CgroupEntry(
                    path: path,
                    id: CgroupID(
                        inode: UInt64(1000 + number * 100 + birth),
                        generation: UInt64(1 + number * 100 + birth)),
                    parent: entries.lastIndex { $0.path == path.parent },
                    controllers: [.cpu, .memory, .io, .pids],
                    row: RowLocation(block: 0, row: entries.count)))
        }
        block.previous = [UInt64](
            repeating: CgroupModel.Reading.absent.rawValue,
            count: entries.count * schema.counterCount)
        var host = HostSample()
        host.memoryTotal = CgroupModel.Reading(64 << 30)
        host.cpuCount = 8
        let now = (1000 + second + pause) * 1_000_000_000
        let wall = Int64(Self.start) + (Int64(second + pause) + shift) * 1_000_000
        return Snapshot(
            tick: second / step + 1, wallTime: UInt64(wall),
            tierTimes: Tier.allCases.map { _ in
                TierTimes(now: now, before: second == 0 ? 0 : now - step * 1_000_000_000)
            },
            schema: schema, cgroups: entries, blocks: [block], host: host, health: SampleHealth())
    }
}

extension SyntheticServer {
    package static let day: UInt64 = 86_400
    private static let mebibyte: UInt64 = 1 << 20

    /// A level that rises and falls once a day between two values.
    package static func daily(_ second: UInt64, _ low: UInt64, _ high: UInt64) -> UInt64 {
        let half = day / 2
        let place = second % day
        let up = place < half ? place : day - place
        return low + (high - low) * up / half
    }

    /// Readings of memory: what is needed, and inactive cache.
    package static func memory(_ demand: UInt64, cache: UInt64 = 0) -> [String: UInt64] {
        [
            "memory.current": demand + cache, "memory.anon": demand, "memory.file": cache,
            "memory.inactive_file": cache,
        ]
    }

    /// The cgroups of a month: a daily cycle with cache and spikes, an idle one, a leak, a leak with
    /// restarts, an OOM kill, a limit that always binds, a throttled one, and a new one.
    package static func month(days: UInt64 = 30) -> [Cgroup] {
        let restarts = stride(from: day * 5, to: day * days, by: Int(day * 5)).map { $0 }
        let killed = day * days / 2
        return [
            Cgroup("/app.slice") { _ in [:] },
            Cgroup("/app.slice/web.service") { second in
                let spike: UInt64 = second % (day * 7) == day * 3 + day / 2 ? 90 * mebibyte : 0
                var all = memory(
                    daily(second, 200 * mebibyte, 400 * mebibyte) + spike, cache: 3 << 30)
                // Half a CPU, and a burst of one for a fifth of each hour.
                let hours = second / 3600
                all["cpu.usage_usec"] =
                    second * 500_000 + (hours * 720 + Swift.min(second % 3600, 720)) * 500_000
                all["pids.current"] = daily(second, 20, 60)
                return all
            },
            Cgroup("/app.slice/idle.service") { second in
                var all = memory(2 * mebibyte, cache: 1 * mebibyte)
                all["pids.current"] = 1
                all["cpu.usage_usec"] = second * 10
                return all
            },
            Cgroup("/app.slice/leak.service") { second in
                memory(100 * mebibyte + second * 40 * mebibyte / day)
            },
            Cgroup("/app.slice/restarting.service", restarts: restarts) { second in
                memory(100 * mebibyte + second % (day * 5) * 60 * mebibyte / day)
            },
            Cgroup("/app.slice/killed.service") { second in
                let isAtLimit = (killed..<killed + 120).contains(second)
                var all = memory(isAtLimit ? 299 * mebibyte : 150 * mebibyte)
                all["memory.max"] = 300 * mebibyte
                all["memory.events.max"] = second < killed ? 0 : second < killed + 60 ? 40 : 41
                all["memory.events.oom_kill"] = second < killed + 60 ? 0 : 1
                return all
            },
            Cgroup("/app.slice/bound.service") { second in
                var all = memory(127 * mebibyte)
                all["memory.max"] = 128 * mebibyte
                all["memory.events.max"] = second
                all["pids.current"] = 5
                return all
            },
            Cgroup("/app.slice/quota.service") { second in
                var all = memory(50 * mebibyte)
                all["cpu.max"] = 150_000
                all["cpu.usage_usec"] = second * 700_000
                all["cpu.nr_periods"] = second * 10
                all["cpu.nr_throttled"] = second / 5
                return all
            },
            Cgroup("/app.slice/new.service", life: day * days - 3600..<UInt64.max) { _ in
                memory(50 * mebibyte)
            },
        ]
    }
}
