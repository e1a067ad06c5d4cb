internal import CgroupModel

/// The state of a cgroup between two samples.
struct CgroupAccount: Sendable {
    /// The cgroup.
    let cgroup: EventCgroup
    /// The time of its first sight, in nanoseconds of CLOCK_BOOTTIME; nil if it existed before.
    let born: UInt64?
    /// Whether an unchanged sample causes no event, because no episode or pressure is open.
    private(set) var isQuiet = false
    private var isPopulated, isFrozen, isUnderOOM: Bool?
    private var ooms: Episode
    private var hits: [Episode]
    private var throttle: Episode
    private var pressure = PressureState()
    private var throttledTime: UInt64?
    /// The counters at the beginning of the open throttling.
    private var throttledFrom: (time: UInt64?, periods: UInt64) = (nil, 0)

    /// The time without growth after which a limit hit or throttling has ended, in nanoseconds.
    private static let quiet: UInt64 = 5_000_000_000

    /// The limits whose hits are counted, each with the counter of the cgroup alone, then the only
    /// counter of older kernels.
    static let limits: [(name: String, counters: [MetricID])] = [
        ("memory.high", ["memory.events.local.high", "memory.events.high"]),
        ("memory.max", ["memory.events.local.max", "memory.events.max"]),
        ("pids.max", ["pids.events.local.max", "pids.events.max"]),
    ].map { ($0.0, $0.1.map(MetricCatalog.id)) }
    static let oomCounters = ["memory.events.local.oom", "memory.events.oom"].map(MetricCatalog.id)
    /// The metrics that ``take(_:_:_:isUnified:)`` reads.
    static let metrics: [MetricID] =
        limits.flatMap(\.counters) + oomCounters + [
            .populated, .pidsCurrent, .frozen, .memoryUnderOOM, .cpuThrottledPeriods,
            .cpuThrottledTime, .cpuMax, .cpuMaxPeriod,
        ] + PressureResource.allCases.map(\.metric)

    /// The placeholder for a new cgroup, which ``SnapshotEvents`` replaces.
    static let unknown = CgroupAccount(EventCgroup(.root), born: nil)

    init(_ cgroup: EventCgroup, born: UInt64?) {
        self.cgroup = cgroup
        self.born = born
        let fresh = born == nil ? Episode() : .newborn
        ooms = fresh
        throttle = fresh
        hits = Self.limits.map { _ in fresh }
        throttledTime = born == nil ? nil : 0
    }

    /// Compares a sample with the previous one.
    mutating func take(
        _ snapshot: Snapshot, _ index: Int, _ time: EventTime, isUnified: Bool
    ) -> [Event] {
        var events: [Event] = []
        let cgroup = cgroup
        let add = { (kind: EventKind, details: [EventField: EventValue]) in
            events.append(Event(kind, time, cgroup, details))
        }
        let value = { (counters: [MetricID]) in
            counters.lazy.compactMap { snapshot[index, $0].value }.first
        }
        // On a hybrid host the processes may be in only one of the two hierarchies. The number of
        // tasks includes zombies.
        let held = snapshot[index, .populated].value
        let tasks = isUnified && held != nil ? nil : snapshot[index, .pidsCurrent].value
        let populated = held == nil && tasks == nil ? nil : held ?? 0 > 0 || tasks ?? 0 > 0
        if let populated, let before = isPopulated, populated != before {
            add(.moved, [.state: .text(populated ? "populated" : "empty")])
        }
        isPopulated = populated ?? isPopulated
        let frozen = snapshot[index, .frozen].value.map { $0 == 1 }
        if let frozen, frozen != isFrozen ?? (born == nil ? frozen : false) {
            add(frozen ? .frozen : .thawed, [:])
        }
        isFrozen = frozen ?? isFrozen
        if case .begun(let count)? = ooms.take(
            value(Self.oomCounters), now: time.boot, quiet: Self.quiet)
        {
            add(.oom, [.count: .number(count)])
        }
        let underOOM = snapshot[index, .memoryUnderOOM].value.map { $0 == 1 }
        if underOOM == true, isUnderOOM == false { add(.oom, [:]) }
        isUnderOOM = underOOM ?? isUnderOOM
        for (limit, counters) in Self.limits.enumerated() {
            let change = hits[limit].take(
                value(counters.counters), now: time.boot, quiet: Self.quiet)
            guard case .begun(let count)? = change else { continue }
            add(.limitHit, [.limit: .text(counters.name), .count: .number(count)])
        }
        if let details = takeThrottling(snapshot, index, time) { add(.throttled, details) }
        // The root's pressure is the host's, which HostPressureEvents reports.
        for resource in cgroup.path.isRoot ? [] : PressureResource.allCases {
            let share = snapshot[index, resource.metric].value
            if let details = pressure.take(resource, share, now: time.boot) {
                add(.pressure, details)
            }
        }
        isQuiet =
            !ooms.isOpen && !throttle.isOpen && !pressure.isUnderPressure
            && !hits.contains(where: \.isOpen)
        return events
    }

    /// The details of a beginning or an end; nil without a change.
    private mutating func takeThrottling(
        _ snapshot: Snapshot, _ index: Int, _ time: EventTime
    ) -> [EventField: EventValue]? {
        let spent = snapshot[index, .cpuThrottledTime].value
        let spentBefore = throttledTime
        let periodsBefore = throttle.last ?? 0
        defer { throttledTime = spent }
        let change = throttle.take(
            snapshot[index, .cpuThrottledPeriods].value, now: time.boot, quiet: Self.quiet)
        switch change {
        case nil: return nil
        case .begun?:
            throttledFrom = (spentBefore, periodsBefore)
            var details: [EventField: EventValue] = [.state: .text("begin")]
            if let quota = snapshot[index, .cpuMax].value,
                let period = snapshot[index, .cpuMaxPeriod].value, period > 0
            {
                details[.quota] = .decimal(Double(quota) / Double(period))
            }
            return details
        case .ended?:
            var details: [EventField: EventValue] = [.state: .text("end")]
            if let spent, let from = throttledFrom.time, spent >= from {
                details[.throttledTime] = .number(spent - from)
            }
            if let periods = throttle.last, periods >= throttledFrom.periods {
                details[.throttledPeriods] = .number(periods - throttledFrom.periods)
            }
            return details
        }
    }
}
