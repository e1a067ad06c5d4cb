import CgroupModel
import PolicyLanguage

/// The values that the conditions of a policy use: a column with the last values of each metric,
/// and earlier samples of metrics that are used in a window.
///
/// A row is a cgroup (``CgroupRows``); a metric of the host or of a group as a whole has one row.
struct Measurements: Sendable {
    /// Identifies a column.
    struct Key: Hashable, Sendable {
        var name: String
        var instance: String?
        var owner: Owner
    }

    enum Owner: Hashable, Sendable {
        case each
        case host
        /// A group as a whole, combined as the metric's aggregation says; counters by their growth.
        case whole(String)
    }

    struct Column: Sendable {
        let key: Key
        let metric: PolicyMetric
        /// How the value is read from a snapshot; resolved again when the schema changes.
        var reading: MetricReading
        var hasOneRow: Bool { key.owner != .each }
    }

    struct History: Sendable {
        let column: Int
        var window: UInt64
        var samples: SampleSeries
    }

    let interval: UInt64
    let costlyEvery: UInt64
    private let vocabulary: @Sendable (String) -> PolicyMetric?
    private let seesLegacyIORoot: Bool
    private let device: @Sendable (String) -> InstanceKey?
    private(set) var columns: [Column] = []
    private(set) var values: [[Double]] = []
    private(set) var histories: [History] = []
    /// The events that trigger rules.
    private(set) var happenings: [EventCounts] = []
    private var places: [Key: Int] = [:]
    private var schema: Schema?
    /// When each tier was last read, by the sampler's clock and by the policy's.
    private(set) var tierReads = Array(repeating: (sampler: UInt64(0), policy: UInt64(0)), count: 4)
    private(set) var now: UInt64 = 0
    private(set) var memoryTotal = Double.unknown
    private(set) var cpuCount = Double.unknown

    init(
        interval: Duration, costlyEvery: Int,
        vocabulary: @escaping @Sendable (String) -> PolicyMetric?, seesLegacyIORoot: Bool = false,
        device: @escaping @Sendable (String) -> InstanceKey?
    ) {
        self.interval = max(interval.nanoseconds, 1)
        self.costlyEvery = UInt64(max(costlyEvery, 1))
        self.vocabulary = vocabulary
        self.device = device
        self.seesLegacyIORoot = seesLegacyIORoot
    }

    // MARK: Columns and series

    /// Returns the column of a metric, which is added if it is new.
    mutating func column(
        _ term: MetricTerm, aggregate: String?
    ) throws(UnknownTerm) -> (Int, PolicyMetric) {
        let owner: Owner =
            switch term.scope {
            case .own: aggregate.map { .whole($0) } ?? .each
            case .host: .host
            case .group(let group): .whole(group)
            }
        let name = term.scope == .host ? "host.\(term.name)" : term.name
        let key = Key(name: name, instance: term.instance, owner: owner)
        if let place = places[key] { return (place, columns[place].metric) }
        guard let metric = vocabulary(name) else { throw UnknownTerm(name: name) }
        let reading = MetricReading(
            metric, instance: term.instance, seesLegacyIORoot: seesLegacyIORoot, device: device)
        columns.append(Column(key: key, metric: metric, reading: reading))
        values.append(key.owner == .each ? [] : [.unknown])
        places[key] = columns.count - 1
        schema = nil
        return (columns.count - 1, metric)
    }

    /// Returns the index of a column's history, which covers at least `window`.
    mutating func series(of column: Int, window: UInt64) -> Int {
        let period = tier(of: column) == .costly ? interval * costlyEvery : interval
        func samples(_ window: UInt64) -> SampleSeries {
            SampleSeries(
                isCounter: columns[column].metric.isCounter, interval: period, window: window)
        }
        if let place = histories.firstIndex(where: { $0.column == column }) {
            if histories[place].window < window {
                histories[place].window = window
                histories[place].samples = samples(window)
            }
            return place
        }
        histories.append(History(column: column, window: window, samples: samples(window)))
        return histories.count - 1
    }

    /// Returns the index of the events of a trigger, which are added if they are new.
    mutating func counts(of trigger: EventTrigger, group: String?) -> Int {
        if let known = happenings.firstIndex(where: { $0.trigger == trigger && $0.group == group })
        {
            return known
        }
        happenings.append(EventCounts(trigger, group: group))
        return happenings.count - 1
    }

    /// Keeps the samples of metrics with the same history length, and the events of equal triggers.
    mutating func keepSamples(of old: Measurements) {
        for place in histories.indices {
            let key = columns[histories[place].column].key
            guard
                let known = old.histories.first(where: { old.columns[$0.column].key == key }),
                known.samples.capacity == histories[place].samples.capacity,
                old.interval == interval
            else { continue }
            histories[place].samples = known.samples
        }
        for place in happenings.indices {
            let known = old.happenings.first {
                $0.trigger == happenings[place].trigger && $0.group == happenings[place].group
            }
            if let known { happenings[place].keep(known) }
        }
        tierReads = old.tierReads
        now = old.now
    }

    /// Whether any column comes from a costly file.
    var usesCostlyFiles: Bool { columns.contains { $0.reading.tier == .costly } }

    func tier(of column: Int) -> Tier { columns[column].reading.tier }

    mutating func changeEvents(_ change: (inout EventCounts, UInt64) -> Void) {
        for place in happenings.indices { change(&happenings[place], now) }
    }

    // MARK: Samples

    /// Forgets the samples of a row, which now belongs to another cgroup.
    mutating func clear(row: Row) {
        for place in histories.indices where !columns[histories[place].column].hasOneRow {
            histories[place].samples.clear(row: row.number)
        }
        for place in happenings.indices where happenings[place].group == nil {
            happenings[place].clear(row: row.number)
        }
    }

    /// Reads the values of a snapshot, and adds those of newly read tiers to the histories.
    mutating func take(
        _ input: PolicyInput, rows: CgroupRows, members: (String) -> [Int]
    ) {
        let snapshot = input.snapshot
        now = input.time.nanoseconds
        if schema != snapshot.schema {
            schema = snapshot.schema
            for place in columns.indices { columns[place].reading.resolve(snapshot.schema) }
        }
        memoryTotal = MetricReading.number(snapshot.host.memoryTotal, 1)
        cpuCount = Double(snapshot.host.cpuCount)
        var isRead = [false, false, false, false]
        for tier in Tier.allCases {
            let sampled = snapshot.tierTimes[tier.rawValue].now
            guard sampled != tierReads[tier.rawValue].sampler || tier == .settings else { continue }
            isRead[tier.rawValue] = true
            tierReads[tier.rawValue] = (sampled, now)
        }
        for place in columns.indices {
            let isNew = isRead[tier(of: place).rawValue]
            fill(place, input, rows, members, isNew: isNew)
        }
        for place in histories.indices where isRead[tier(of: histories[place].column).rawValue] {
            histories[place].samples.append(time: now, values[histories[place].column])
        }
    }

    private mutating func fill(
        _ place: Int, _ input: PolicyInput, _ rows: CgroupRows, _ members: (String) -> [Int],
        isNew: Bool
    ) {
        let reading = columns[place].reading
        switch columns[place].key.owner {
        case .each:
            if values[place].count < rows.count {
                values[place] += Array(
                    repeating: .unknown, count: rows.count - values[place].count)
            }
            for position in rows.rowAt.indices {
                let row = rows.rowAt[position]
                values[place][row.number] = reading.value(
                    input, position, firstSeen: rows.cgroups[row].firstSeen)
            }
        case .host:
            values[place][0] = reading.value(ofHost: input)
        case .whole(let group):
            let isCounter = columns[place].metric.isCounter
            if isCounter, !isNew { return }
            let growth = Self.combined(
                members(group), columns[place].metric.aggregation
            ) { position in
                isCounter
                    ? reading.growth(input.snapshot, position)
                    : reading.value(
                        input, position, firstSeen: rows.cgroups[rows.rowAt[position]].firstSeen)
            }
            let before = values[place][0]
            values[place][0] =
                isCounter && !growth.isNaN && !before.isNaN ? before + growth : growth
        }
    }

    /// Combines the values of a group's members; not applicable without members.
    private static func combined(
        _ members: [Int], _ aggregation: PolicyMetric.Aggregation, _ value: (Int) -> Double
    ) -> Double {
        if aggregation == .none, members.count > 1 { return .notApplicable(.severalMembers) }
        var result = Double.notApplicable
        var reason = Double.notApplicable(.nobody)
        var isKnown = false
        for member in members {
            let value = value(member)
            if value.isNaN {
                if aggregation == .sumOfAll { return value }
                if reason.isNotApplicable { reason = value }
            } else if !isKnown {
                result = value
                isKnown = true
            } else {
                let isSum = aggregation == .sum || aggregation == .sumOfAll
                result = isSum ? result + value : max(result, value)
            }
        }
        return isKnown ? result : reason
    }
}
