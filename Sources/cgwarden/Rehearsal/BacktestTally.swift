import CgroupModel
import Policy

/// What a back-test counts: firings, times, what was done and what was not.
struct BacktestTally {
    /// A rule, or another part of the policy, and a cgroup; a cgroup that came again is the same
    /// for the one who reads.
    struct Place: Hashable {
        var origin: Effect.Origin
        /// Nil for a group as a whole.
        var path: CgroupPath?
    }

    /// A rule that began to act.
    struct Firing {
        var place: Place
        /// In microseconds since 1970.
        var wallTime: UInt64
        var cause: Cause?
        /// Whether the rule acted on the cgroup before, which would have changed what came then.
        var isCounterfactual: Bool
    }

    /// What came of one place.
    struct Count {
        var firings = 0
        /// Firings soon after the rule had ended.
        var flaps = 0
        var actions = 0
        /// In nanoseconds.
        var times: [RuleState: UInt64] = [:]
    }

    /// Why something was not done.
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
        /// When it last ended.
        var ended: UInt64?
    }

    /// As of the policy's last load.
    private(set) var document = PolicyDocument()
    private(set) var firings: [Firing] = []
    private(set) var counts: [Place: Count] = [:]
    private(set) var vetoes: [Veto: Int] = [:]
    private(set) var actions: [String: Int] = [:]
    private(set) var budgetHits: [(budget: String, count: UInt64)] = []
    private(set) var disabled: [(rule: String, reason: String)] = []
    private(set) var runs = 0
    private(set) var snapshots = 0
    /// When the first and the last snapshot were taken, in microseconds since 1970.
    private(set) var wallTimes: ClosedRange<UInt64>?
    /// The time that passed within the runs, in nanoseconds.
    private(set) var elapsed: UInt64 = 0
    /// Snapshots that came too long after the one before for the policy's interval.
    private(set) var gaps = 0
    private var standing: [Instance: Standing] = [:]
    private var last: UInt64?

    private static let flapWindow: UInt64 = 600_000_000_000

    // MARK: What happens

    mutating func beginRun(_ document: PolicyDocument) {
        self.document = document
        runs += 1
        last = nil
        standing = [:]
    }

    mutating func note(_ snapshot: Snapshot) {
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

    mutating func take(_ records: [AuditRecord], at time: UInt64) {
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

    mutating func endRun(_ metrics: PolicyMetrics, at time: UInt64) {
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

    // MARK: What is told

    /// Rules in the policy's order, then the others by name; within each by path.
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

    /// How often a rule fired, on how many cgroups, and for how long it acted (nanoseconds).
    func total(of rule: String) -> (firings: Int, cgroups: Int, active: UInt64, actions: Int) {
        var total = (firings: 0, cgroups: 0, active: UInt64(0), actions: 0)
        for (place, count) in counts where place.origin == .rule(rule) {
            total.firings += count.firings
            total.cgroups += count.firings > 0 ? 1 : 0
            total.active += (count.times[.active] ?? 0) + (count.times[.clearing] ?? 0)
            total.actions += count.actions
        }
        return total
    }
}
