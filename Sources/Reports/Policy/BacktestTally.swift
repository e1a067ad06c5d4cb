package import CgroupModel
package import Policy
package import PolicyLanguage
package import Suggest

/// The counts of a back-test: firings, times, actions and vetoes.
package struct BacktestTally {
    /// A rule, or another part of the policy, and a cgroup path.
    ///
    /// A cgroup that is created again at the same path counts as the same place.
    struct Place: Hashable {
        var origin: Effect.Origin
        /// The path; nil for a group as a whole.
        var path: CgroupPath?
    }

    /// The start of a rule's action.
    struct Firing {
        var place: Place
        /// The time in microseconds since 1970.
        var wallTime: UInt64
        var cause: Cause?
        /// Whether the rule had already acted on the cgroup, which would have changed later values.
        var isCounterfactual: Bool
    }

    /// The counts of one place.
    struct Count {
        var firings = 0
        /// The number of firings within 10 minutes after the rule had ended.
        var flaps = 0
        var actions = 0
        /// The time spent in each state, in nanoseconds.
        var times: [RuleState: UInt64] = [:]
        /// The time as an active rule, in nanoseconds.
        var active: UInt64 { times.reduce(0) { $1.key.isActive ? $0 + $1.value : $0 } }
    }

    /// A refused action with its reason.
    struct Veto: Hashable {
        var place: Place
        var reason: String
    }

    private struct Instance: Hashable {
        var origin: Effect.Origin
        var target: Effect.Target?
    }

    private struct Standing {
        var state: RuleState
        var since: UInt64
        var hasFired = false
        /// The time when the rule last ended.
        var ended: UInt64?
    }

    /// The policy as loaded for the last run.
    package private(set) var document = PolicyDocument()
    private(set) var firings: [Firing] = []
    private(set) var counts: [Place: Count] = [:]
    private(set) var vetoes: [Veto: Int] = [:]
    private(set) var actions: [String: Int] = [:]
    private(set) var budgetHits: [(budget: String, count: UInt64)] = []
    private(set) var disabled: [(rule: String, reason: String)] = []
    private(set) var runs = 0
    private(set) var snapshots = 0
    /// The times of the first and the last snapshot, in microseconds since 1970.
    private(set) var wallTimes: ClosedRange<UInt64>?
    /// The time covered by the runs, in nanoseconds.
    private(set) var elapsed: UInt64 = 0
    /// The number of snapshots that came more than 2.5 intervals after the previous one.
    private(set) var gaps = 0
    /// The trial of the standing limits against the recorded demand.
    package var trial = LimitTrial()
    private var standing: [Instance: Standing] = [:]
    private var last: UInt64?

    private static let flapWindow: UInt64 = 600_000_000_000

    /// Creates a tally without counts.
    package init() {}

    // MARK: Counting

    /// Begins a run of the recorder, with the policy as loaded for it.
    package mutating func beginRun(_ document: PolicyDocument) {
        self.document = document
        runs += 1
        last = nil
        standing = [:]
    }

    /// Counts a snapshot and the time since the one before.
    package mutating func note(_ snapshot: Snapshot) {
        snapshots += 1
        let (time, wall) = (snapshot.tierTimes[0].now, snapshot.wallTime)
        if let last, time > last {
            elapsed += time - last
            let interval = document.defaults.interval
            if .nanoseconds(Int64(clamping: time - last)) > interval * 5 / 2 { gaps += 1 }
        }
        last = time
        wallTimes =
            wallTimes.map { min($0.lowerBound, wall)...max($0.upperBound, wall) }
            ?? wall...wall
    }

    /// Counts audit records; `time` is in nanoseconds since the boot.
    package mutating func take(_ records: [AuditRecord], at time: UInt64) {
        for record in records {
            let place = Place(origin: record.origin, path: record.target?.path)
            if let move = record.move { take(move, record, place, at: time) }
            if record.phase == .veto {
                vetoes[Veto(place: place, reason: record.note ?? ""), default: 0] += 1
            }
            guard let action = record.action, record.effect != nil, record.outcome == nil,
                record.phase == .plan || record.phase == .undo, action != "notify",
                action != "log"
            else { continue }
            counts[place, default: Count()].actions += 1
            actions[action, default: 0] += 1
        }
    }

    private mutating func take(
        _ move: AuditRecord.Move, _ record: AuditRecord, _ place: Place, at time: UInt64
    ) {
        let instance = Instance(origin: record.origin, target: record.target)
        var now = standing[instance] ?? Standing(state: .idle, since: time)
        var count = counts[place] ?? Count()
        count.times[now.state, default: 0] += time - now.since
        if move.isFiring {
            firings.append(
                Firing(
                    place: place, wallTime: record.wallTime, cause: record.cause,
                    isCounterfactual: now.hasFired))
            count.firings += 1
            if let ended = now.ended, time - ended <= Self.flapWindow { count.flaps += 1 }
            now.hasFired = true
        }
        let acting: Set<RuleState> = [.active, .clearing, .relaxing]
        if acting.contains(move.from), !(move.to.map { acting.contains($0) } ?? false) {
            now.ended = time
        }
        counts[place] = count
        (now.state, now.since) = (move.to ?? .idle, time)
        standing[instance] = now
    }

    /// Ends a run; `time` is in nanoseconds since the boot.
    package mutating func endRun(_ metrics: PolicyMetrics, at time: UInt64) {
        for (instance, now) in standing {
            let place = Place(origin: instance.origin, path: instance.target?.path)
            counts[place, default: Count()].times[now.state, default: 0] += time - now.since
        }
        standing = [:]
        disabled = metrics.disabled
        for hit in metrics.budgetHits {
            if let index = budgetHits.firstIndex(where: { $0.budget == hit.budget }) {
                budgetHits[index].count += hit.count
            } else {
                budgetHits.append(hit)
            }
        }
    }

    // MARK: Results

    /// The places in order: rules in the policy's order, then others by name; each by path.
    var places: [Place] { counts.keys.sorted { isBefore($0, $1) } }

    func isBefore(_ left: Place, _ right: Place) -> Bool {
        let (first, second) = (rank(left.origin), rank(right.origin))
        if first != second { return first < second }
        if left.origin != right.origin { return left.origin.text < right.origin.text }
        guard let path = left.path else { return right.path != nil }
        return right.path.map { path < $0 } ?? false
    }

    private func rank(_ origin: Effect.Origin) -> Int {
        guard case .rule(let name) = origin else { return Int.max }
        return document.rules.firstIndex { $0.name == name } ?? document.rules.count
    }

    /// The firings, cgroups, active time (nanoseconds) and actions of a rule.
    package func total(of rule: String) -> (
        firings: Int, cgroups: Int, active: UInt64, actions: Int
    ) {
        var total = (firings: 0, cgroups: 0, active: UInt64(0), actions: 0)
        for (place, count) in counts where place.origin == .rule(rule) {
            total.firings += count.firings
            total.cgroups += count.firings > 0 ? 1 : 0
            total.active += count.active
            total.actions += count.actions
        }
        return total
    }
}
