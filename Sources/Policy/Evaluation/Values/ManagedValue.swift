import CgroupModel
import PolicyLanguage

/// One value of one cgroup that a layer requests, or that was changed and is not yet restored.
struct ManagedValue: Sendable {
    struct Request: Sendable {
        var layer: Layer
        var priority: Int
        var origin: Effect.Origin
        var value: LimitValue
        var cause: Cause
        /// Whether a stricter value of a lower layer still applies.
        var isUpperBound = false
        /// Its rank among requests of its origin that must be written in the policy's order.
        var order = 0
        /// Whether the values of its origin are set all or none.
        var isTogether = false

        func isAbove(_ other: Request) -> Bool {
            (layer, priority) > (other.layer, other.priority)
        }
    }

    let key: LimitKey
    /// Whether it belongs to dry-run rules, so that nothing is written.
    let isDryRun: Bool
    var requests: [Request] = []
    /// The value of the last successful write; nil for the original.
    var applied: LimitValue?
    /// The origin of the last write.
    var writer = Effect.Origin.engine
    /// The write or restore whose result is missing.
    var inFlight: Effect.ID?
    /// The value before the first write.
    var original: LimitValue?
    /// The value that was read back after the last write.
    var readBack: LimitValue?
    /// Whether a snapshot has shown that value since.
    var isConfirmed = false
    /// Whether the value may differ from its request.
    var isDirty = true
    /// The earliest time of the next attempt.
    var retryAt: UInt64 = 0
    /// The number of failed attempts.
    var tries = 0
    /// Whether it was given up, because another program changes it.
    var isYielded = false
    /// When it was written again after a change by another program.
    var reapplied: [UInt64] = []
    /// The last recorded reason for not writing it, so that each reason is recorded once.
    var told: String?
    /// Why the last attempt failed; nil after a success and before the first attempt.
    var failure: String?
    /// Whether its file was missing when setting it failed; the file may appear later.
    var isMissing = false
    /// Whether the current conflict of requests was recorded.
    var isConflictTold = false

    /// Whether it is no longer requested, and could not be restored yet.
    var isOwed: Bool { requests.isEmpty && applied != nil && tries > 0 }

    /// The result of arbitrating between requests.
    struct Outcome {
        var request: Request
        /// The requests of equal rank for a different value.
        var against: [Request] = []
        /// Whether no value satisfies all of them, so that the value is left unchanged.
        var isImpossible = false
    }

    /// The request of the highest layer and priority, limited by bounds; among equals the stricter
    /// value.
    var outcome: Outcome? {
        let bounds = requests.filter(\.isUpperBound)
        guard !bounds.isEmpty else { return outcome(of: requests) }
        var outcome = outcome(of: requests.filter { !$0.isUpperBound })
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

    /// Returns the value without the requests of an origin, to which a rule relaxes.
    func value(without origin: Effect.Origin) -> LimitValue? {
        outcome { $0 == origin }?.request.value ?? original
    }

    /// Arbitrates without the requests of some origins.
    func outcome(without isLeftOut: (Effect.Origin) -> Bool) -> Outcome? {
        var rest = self
        rest.requests.removeAll { isLeftOut($0.origin) }
        return rest.outcome
    }

    /// Returns the value that satisfies both requests: the lower limit, the higher protection, or
    /// the intersection of two CPU lists; nil if that is empty.
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
    /// Returns the disruptive action that setting a value amounts to; nil if it only widens.
    ///
    /// A list of CPUs or nodes always counts as `pin`.
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
