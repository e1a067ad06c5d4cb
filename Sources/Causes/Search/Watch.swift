import CgroupModel

/// Two samples of a cgroup, its ancestors and the ancestors' children, to find causes in.
struct Watch {
    let now: Snapshot
    let before: EarlierLevels?
    let index: Int
    let files: SourceFiles
    /// The origin of ages, in nanoseconds of CLOCK_BOOTTIME.
    let clock: UInt64
    /// The cgroup and its ancestors, the nearest first.
    let chain: [Int]
    /// The siblings of the cgroup and of each ancestor, without the chain itself.
    let others: [Int]

    /// The minimum share of lost time of a slow cgroup.
    static let slow = 0.05
    /// The minimum share of lost time that is reported.
    static let noise = 0.01
    /// The minimum used share of a limit that counts as near.
    static let near = 0.9

    init(
        _ now: Snapshot, _ before: EarlierLevels?, _ index: Int, _ files: SourceFiles,
        _ clock: UInt64?
    ) {
        self.now = now
        self.before = before
        self.index = index
        self.files = files
        self.clock = clock ?? now.tierTimes.map(\.now).max() ?? 0
        let chain = Array(sequence(first: index) { now.cgroups[$0].parent })
        let own = Set(chain)
        let parents = Set(chain.dropFirst())
        self.chain = chain
        others = now.cgroups.indices.filter { place in
            !own.contains(place) && now.cgroups[place].parent.map(parents.contains) ?? false
        }
    }

    /// The time between the two samples in seconds; nil with a single one.
    var window: Double? { now.tierTimes[Tier.tick.rawValue].seconds }

    func path(_ place: Int) -> CgroupPath { now.cgroups[place].path }

    /// Returns a value of a cgroup as evidence.
    func evidence(
        _ place: Int, _ metric: MetricID, _ instance: InstanceReading? = nil, as text: String? = nil
    ) -> Evidence {
        let row = MetricCatalog[metric]
        let reading = instance?.reading ?? now[place, metric]
        let rate = instance.map { now.rate($0) } ?? now.rate(place, metric)
        let isSampled = reading != .absent || files.isSampled(metric)
        let taken = now.timeRead(place, row.tier)
        return Evidence(
            metric: metric, instance: instance?.key, cgroup: path(place), reading: reading,
            isSampled: isSampled, rate: row.kind == .counter ? rate : nil,
            text: text ?? (isSampled ? Amount.text(row, reading, rate: rate) : "not sampled"),
            file: files.name(metric, unified: isOnlyUnified(place, metric)),
            age: clock > taken ? Double(clock - taken) / 1e9 : 0)
    }

    /// Whether only v2 has frozen a cgroup, which v1's freezer shows as thawed.
    private func isOnlyUnified(_ place: Int, _ metric: MetricID) -> Bool {
        guard metric == .frozen, now[place, .frozen].value == 1,
            let state = now[place, .freezerState].value
        else { return false }
        return Word.text(state) != "FROZEN"
    }

    /// Returns evidence for each metric that has a value or a reason to report.
    func evidence(_ place: Int, _ metrics: [MetricID]) -> [Evidence] {
        metrics.filter { now[place, $0] != .absent }.map { evidence(place, $0) }
    }

    /// Returns the growth of a gauge per second; nil without two samples of the same cgroup.
    func slope(_ place: Int, _ metric: MetricID) -> Double? {
        guard let before, let last = now[place, metric].value,
            let first = before.reading(of: now.cgroups[place].id, metric).value
        else { return nil }
        let tier = MetricCatalog[metric].tier.rawValue
        let (start, end) = (before.times[tier].now, now.tierTimes[tier].now)
        guard end > start else { return nil }
        return (Double(last) - Double(first)) / (Double(end - start) / 1e9)
    }

    /// Whether a counter grew between the samples.
    func grew(_ place: Int, _ metric: MetricID) -> Bool { now.rate(place, metric) ?? 0 > 0 }

    /// Returns the share of the watched time that a pressure file reports, 0 to 1.
    ///
    /// Without two samples it is the average of the last 10 s. Nil without pressure files, and for
    /// tasks that are only in v1 trees.
    func share(_ place: Int, _ total: MetricID, _ average: MetricID) -> Double? {
        guard !isElsewhere(place) else { return nil }
        if let rate = now.rate(place, total) { return min(rate / 1e6, 1) }
        return now[place, average].value.map { min(Double($0) / 10000, 1) }
    }

    /// Returns the pressure that ``share(_:_:_:)`` is computed from; none without pressure files.
    ///
    /// The average of the last 10 s can differ much from the share of the watched time.
    func pressure(_ total: MetricID, _ average: MetricID) -> [Evidence] {
        guard let rate = now.rate(index, total) else { return evidence(index, [average]) }
        let share = Amount.percent(min(rate / 1e6, 1))
        return [evidence(index, total, as: "\(share) of the time")]
    }

    /// The pressure of CPU, of memory and of I/O, as evidence.
    var cpuPressure: [Evidence] { pressure(.cpuPressureSomeTotal, .cpuPressureSome) }
    var memoryPressure: [Evidence] { pressure(.memoryPressureSomeTotal, .memoryPressureSome) }
    var ioPressure: [Evidence] { pressure(.ioPressureSomeTotal, .ioPressureSome) }

    /// Whether its tasks are only in v1 trees, so that v2 files do not cover them.
    func isElsewhere(_ place: Int) -> Bool {
        now[place, .populated].value == 0 && now[place, .pidsCurrent].value ?? 0 > 0
    }

    /// The share of time in which some task waited for a CPU; nil without pressure files.
    var cpuLoss: Double? { share(index, .cpuPressureSomeTotal, .cpuPressureSome) }
    /// The share of time in which some task waited for memory; nil without pressure files.
    var memoryLoss: Double? { share(index, .memoryPressureSomeTotal, .memoryPressureSome) }
    /// The share of time in which some task waited for I/O; nil without pressure files.
    var ioLoss: Double? { share(index, .ioPressureSomeTotal, .ioPressureSome) }

    /// Returns the severity of a loss; nil if it is too small to report.
    ///
    /// An unknown share counts as slow, because the cause itself was observed.
    func severity(_ share: Double?) -> Severity? {
        guard let share else { return .slow }
        return share >= Self.slow ? .slow : share >= Self.noise ? .note : nil
    }

    /// Returns the number of CPUs that a cgroup uses; 0 if unknown.
    func cpus(_ place: Int) -> Double { now.cpusUsed(place) ?? 0 }
}
