import CgroupModel
import PolicyLanguage

/// One value of one cgroup that some layer wants, or that was changed and is not yet back.
struct ManagedValue: Sendable {
    struct Wish: Sendable {
        var layer: Layer
        var priority: Int
        var origin: Effect.Origin
        var value: LimitValue
        var cause: Cause
        /// Whether a stricter value of a lower layer still applies.
        var isBound = false
        /// Its place among those of its origin that have to be written in the policy's order.
        var order = 0

        func isAbove(_ other: Wish) -> Bool {
            (layer, priority) > (other.layer, other.priority)
        }
    }

    let key: LimitKey
    /// Whether only rules that are tried out want it: nothing is really set.
    let isDryRun: Bool
    var wishes: [Wish] = []
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
    /// Whether it was given up, for someone else keeps changing it.
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
    var isOwed: Bool { wishes.isEmpty && applied != nil && tries > 0 }

    /// What came of the wishes.
    struct Outcome {
        var wish: Wish
        /// Those of equal rank that wanted something else.
        var against: [Wish] = []
        /// Whether nothing satisfies all of them, so that what stands stays.
        var isImpossible = false
    }

    /// The wish of the highest layer and priority, within the bounds; among equal ones the
    /// stricter value.
    var outcome: Outcome? {
        let bounds = wishes.filter(\.isBound)
        guard !bounds.isEmpty else { return outcome(of: wishes) }
        var outcome = outcome(of: wishes.filter { !$0.isBound })
        for bound in bounds {
            let below = outcome.map(\.wish.value) ?? original
            if outcome?.isImpossible == true { continue }
            guard let below, !below.isWider(than: bound.value) else {
                outcome = Outcome(wish: bound)
                continue
            }
            if outcome == nil {
                outcome = Outcome(wish: bound)
                outcome?.wish.value = below
            }
        }
        return outcome
    }

    private func outcome(of wishes: [Wish]) -> Outcome? {
        guard var best = wishes.first else { return nil }
        for wish in wishes.dropFirst() where wish.isAbove(best) { best = wish }
        var outcome = Outcome(wish: best)
        let equals = wishes.filter { !best.isAbove($0) }
        for wish in equals where wish.value != best.value {
            guard let stricter = Self.stricter(outcome.wish.value, wish.value, key) else {
                outcome.isImpossible = true
                continue
            }
            if stricter == outcome.wish.value { continue }
            if stricter == wish.value {
                outcome.wish = wish
            } else {
                outcome.wish.value = stricter
            }
        }
        let winner = outcome.wish
        outcome.against = equals.filter {
            $0.value != winner.value || outcome.isImpossible && $0.origin != winner.origin
        }
        return outcome
    }

    /// What stands above which a rule's own wish would be: for stepping back to it.
    func value(without origin: Effect.Origin) -> LimitValue? {
        outcome { $0 == origin }?.wish.value ?? original
    }

    /// What would come of the wishes without those of some origins.
    func outcome(without isLeftOut: (Effect.Origin) -> Bool) -> Outcome? {
        var rest = self
        rest.wishes.removeAll { isLeftOut($0.origin) }
        return rest.outcome
    }

    /// The value that satisfies both wishes: the lower limit, the higher protection; of two CPU
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

/// A rule's wish that a cgroup stands still, which ends at a time whatever else happens.
struct FreezeClaim: Sendable {
    let rule: Int
    let priority: Int
    let isDryRun: Bool
    /// When it was asked for.
    let since: UInt64
    /// When it ends.
    let deadline: UInt64
    /// What then happens.
    let onTimeout: FreezeTimeout
    /// When it goes on by itself, whatever becomes of the engine.
    var thawBy: UInt64
    /// Whether a snapshot showed it frozen.
    var isConfirmed = false
    /// Whether it is to be killed and stays frozen until the budget allows that.
    var awaitsKill = false
}

/// All that the engine wants of one cgroup.
struct Holdings: Sendable {
    /// By key, real ones first.
    var values: [ManagedValue] = []
    var claims: [FreezeClaim] = []
    /// Active rules that want it not to be frozen, with their priorities.
    var thaws: [(rule: Int, priority: Int)] = []
    /// An effect that did not end within its deadline: nothing more is done until it does.
    var hung: Effect.ID?
    /// Whether a thaw failed while another rule already wanted it frozen again.
    var owesThaw = false
    /// Until when it is no victim, for acting on it brought nothing.
    var excludedUntil: UInt64 = 0
    /// The last tick in which something disruptive was done to it.
    var disruptedAt: UInt64 = 0
    /// The last tick in which it was killed.
    var killedAt: UInt64 = 0
    /// The last tick in which it was frozen.
    var frozenAt: UInt64 = 0

    /// Whether it is really frozen for a rule.
    var isFrozen: Bool { claims.contains { !$0.isDryRun } }

    /// The place of a value, added if it is new.
    mutating func place(of key: LimitKey, isDryRun: Bool) -> Int {
        if let place = place(known: key, isDryRun: isDryRun) { return place }
        let place =
            values.firstIndex { (key, isDryRun ? 1 : 0) < ($0.key, $0.isDryRun ? 1 : 0) }
            ?? values.count
        values.insert(ManagedValue(key: key, isDryRun: isDryRun), at: place)
        return place
    }

    func place(known key: LimitKey, isDryRun: Bool) -> Int? {
        values.firstIndex { $0.isDryRun == isDryRun && $0.key == key }
    }
}
