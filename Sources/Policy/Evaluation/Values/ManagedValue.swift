import CgroupModel
import PolicyLanguage

/// One value of one cgroup that some layer wants, or that was changed and is not yet back.
struct ManagedValue: Sendable {
    struct Request: Sendable {
        var layer: Layer
        var priority: Int
        var origin: Effect.Origin
        var value: LimitValue
        var cause: Cause
        /// Whether a stricter value of a lower layer still applies.
        var isBound = false
        /// Its place among those of its origin that have to be written in the policy's order.
        var order = 0
        /// Whether all values of its origin are set, or none.
        var isTogether = false

        func isAbove(_ other: Request) -> Bool {
            (layer, priority) > (other.layer, other.priority)
        }
    }

    let key: LimitKey
    /// Whether only rules that are tried out want it: nothing is really set.
    let isDryRun: Bool
    var requests: [Request] = []
    /// What stands after the last write that went well; nil for the original.
    var applied: LimitValue?
    /// Who wanted what was written last.
    var writer = Effect.Origin.engine
    /// The effect that is under way.
    var inFlight: Effect.ID?
    /// What the snapshot showed before the first write.
    var original: LimitValue?
    /// What the kernel said after the last write.
    var readBack: LimitValue?
    /// Whether a snapshot showed that already.
    var isConfirmed = false
    /// Whether what is wanted may differ from what stands.
    var isDirty = true
    /// Before this time nothing is tried again.
    var retryAt: UInt64 = 0
    /// How often it was tried without success.
    var tries = 0
    /// Whether it was given up, because another program keeps changing it.
    var isYielded = false
    /// When it was written again after someone else changed it.
    var reapplied: [UInt64] = []
    /// What was told last about it not being written, so that it is told once.
    var told: String?
    /// Why it could not be set the last time; nil once it is, or before it was tried.
    var failure: String?
    /// Whether a snapshot did not show the value when setting it failed: its file may come.
    var isMissing = false
    /// Whether it was told that two layers want different things.
    var isConflictTold = false

    /// Whether nobody wants it any more, and it could not be put back yet.
    var isOwed: Bool { requests.isEmpty && applied != nil && tries > 0 }

    /// What comes of the requests.
    struct Outcome {
        var request: Request
        /// Those of equal rank that wanted something else.
        var against: [Request] = []
        /// Whether nothing satisfies all of them, so that what stands stays.
        var isImpossible = false
    }

    /// The request of the highest layer and priority, within the bounds; among equal ones the
    /// stricter value.
    var outcome: Outcome? {
        let bounds = requests.filter(\.isBound)
        guard !bounds.isEmpty else { return outcome(of: requests) }
        var outcome = outcome(of: requests.filter { !$0.isBound })
        for bound in bounds {
            let below = outcome.map(\.request.value) ?? original
            if outcome?.isImpossible == true { continue }
            guard let below, !below.isWider(than: bound.value) else {
                outcome = Outcome(request: bound)
                continue
            }
            if outcome == nil {
                outcome = Outcome(request: bound)
                outcome?.request.value = below
            }
        }
        return outcome
    }

    private func outcome(of requests: [Request]) -> Outcome? {
        guard var best = requests.first else { return nil }
        for request in requests.dropFirst() where request.isAbove(best) { best = request }
        var outcome = Outcome(request: best)
        let equals = requests.filter { !best.isAbove($0) }
        for request in equals where request.value != best.value {
            guard let stricter = Self.stricter(outcome.request.value, request.value, key) else {
                outcome.isImpossible = true
                continue
            }
            if stricter == outcome.request.value { continue }
            if stricter == request.value {
                outcome.request = request
            } else {
                outcome.request.value = stricter
            }
        }
        let winner = outcome.request
        outcome.against = equals.filter {
            $0.value != winner.value || outcome.isImpossible && $0.origin != winner.origin
        }
        return outcome
    }

    /// The value above which an origin's own request has no effect: a rule steps back to it.
    func value(without origin: Effect.Origin) -> LimitValue? {
        outcome { $0 == origin }?.request.value ?? original
    }

    /// What would come of the requests without those of some origins.
    func outcome(without isLeftOut: (Effect.Origin) -> Bool) -> Outcome? {
        var rest = self
        rest.requests.removeAll { isLeftOut($0.origin) }
        return rest.outcome
    }

    /// The value that satisfies both requests: the lower limit, the higher protection; of two CPU
    /// lists what both have, nil if nothing.
    private static func stricter(
        _ left: LimitValue, _ right: LimitValue, _ key: LimitKey
    ) -> LimitValue? {
        switch key.limit?.grammar {
        case .cpuList, .nodeList:
            guard case .text(let left) = left, case .text(let right) = right,
                let first = RangeList(left), let second = RangeList(right)
            else { return left }
            let both = first.intersection(second)
            return both.isEmpty ? nil : .text(both.description)
        case .flag: return left == .number(0) ? right : left
        default:
            let isProtection = key.limit?.isProtection ?? false
            return left.isWider(than: right) == isProtection ? left : right
        }
    }
}

extension LimitKey {
    /// What setting a value to another does to who lives there; nil if it takes nothing away.
    func disruption(from current: LimitValue?, to value: LimitValue) -> DisruptiveAction? {
        switch limit?.grammar {
        case .cpuList, .nodeList: return .pin
        case .flag: return value == .number(0) || value == current ? nil : .limit
        default:
            if name == "cpu.max.period" || name == "cpu.max.burst" { return nil }
            guard let current else {
                let isProtection = limit?.isProtection ?? false
                return value == .unlimited || isProtection ? nil : .limit
            }
            return value == current || value.isWider(than: current) ? nil : .limit
        }
    }
}
