package import PolicyLanguage

/// What becomes of one cgroup that is guarded at its memory limit.
///
/// Told what happened, it says what is to be done. It does nothing itself, and knows no clock but
/// the times that it is told.
///
///     watching -> freezing -> frozen | held -> watching
///                                           -> open (the kernel may kill) -> watching
///
/// What stands still uses no more memory, so it goes on as soon as there is room.
package struct OOMGuardMachine: Hashable, Sendable {
    /// Where the memory controller and the freezer are.
    package enum Variant: String, Hashable, Sendable, CaseIterable {
        case v1, v2, hybrid

        /// Whether the kernel can be kept from killing (v1).
        var hasKillerSwitch: Bool { self != .v2 }
    }

    /// Where a guard stands.
    package enum State: String, Hashable, Sendable, CaseIterable {
        /// Below the threshold.
        case watching
        /// Asked to stop, and not all of it has yet.
        case freezing
        /// It stands still, or is not waited for any longer.
        case frozen
        /// It ran out of memory before it stood still; it waits in the kernel (v1).
        case held
        /// Not frozen in spite of the threshold; the limit is raised instead.
        case yielding
        /// The kernel kills at the limit, until there is memory again.
        case open
        /// It must not be acted on; the kernel kills at the limit.
        case suspended
        /// Not guarded any more.
        case ended
    }

    let settings: OOMGuard
    /// Where its memory is counted and where it is frozen.
    package let variant: Variant
    /// The limit that comes back when usage allows it.
    var originalLimit: UInt64
    /// The longest that it may stand still; shorter than the settings' for a service's watchdog.
    let longestFrozen: Duration

    /// Where it stands.
    package internal(set) var state = State.watching
    /// The limit now, in bytes.
    package internal(set) var limit: UInt64
    /// What was seen last.
    package internal(set) var seen = OOMGuardObservation(usage: 0)

    /// Whether it is to stand still.
    package internal(set) var isFreezeAsked = false
    /// Whether the kernel is kept from killing, or on v2 throttles early.
    package internal(set) var isKillerOff = false
    /// The slow command that has not ended yet.
    var pending: OOMGuardCommand?
    /// The next of the settings' relief.
    var nextRelief = 0
    var thawBy: PolicyInstant?
    var confirmBy: PolicyInstant?
    /// Since when usage is below the resume threshold, while the kernel may kill.
    var belowSince: PolicyInstant?
    /// When the limit comes back, while usage is low.
    var lowerAt: PolicyInstant?
    /// Until when it is not frozen again, after a freeze that had to end early.
    var restUntil: PolicyInstant?
    var releases = 0
    /// When people were told of a freeze last.
    var toldAt: PolicyInstant?
    /// Whether the limit is being raised because time is up.
    var isLastRaise = false

    /// How long the kernel may take to stop tasks that it is throttling, and then some.
    static let patience = Duration.seconds(3)
    /// How long usage must be low before the limit comes back.
    static let lowFor = Duration.seconds(300)
    /// How soon a limit that could not be lowered is tried again.
    static let lowerAgain = Duration.seconds(30)
    /// How long a guard rests that was refused, and at first after a freeze that had to end early.
    static let rest = Duration.seconds(60)
    /// How long after a notice of a freeze the next one is only written down.
    static let tellAgain = Duration.seconds(30)
    /// How long ending all processes may take.
    static let killPatience = Duration.seconds(15)

    /// A guard for a cgroup with a limit (bytes).
    package init(
        _ settings: OOMGuard, variant: Variant, limit: UInt64, longestFrozen: Duration? = nil
    ) {
        self.settings = settings
        self.variant = variant
        self.limit = limit
        originalLimit = limit
        self.longestFrozen = longestFrozen ?? settings.longestFrozen
    }

    /// The usage at which it is frozen.
    package var freezeAt: UInt64 { Self.share(settings.freezeAt, of: limit) }

    /// The usage below which it goes on.
    package var resumeAt: UInt64 { Self.share(settings.resumeAt, of: limit) }

    /// When something is due without an event; nil if nothing is.
    package var nextDeadline: PolicyInstant? {
        [thawBy, state == .freezing ? confirmBy : nil].compactMap { $0 }.min()
    }

    /// Whether the limit is higher than the one that comes back.
    package var isRaised: Bool { limit > originalLimit }

    /// Whether more than its usage has to be looked at.
    package var isActing: Bool { state != .watching && state != .ended }

    /// Whether all of it is being ended, and has to go on for that.
    package var isKilling: Bool { pending == .kill }

    /// What is done first.
    package mutating func arm() -> [OOMGuardCommand] { keepKernelFromKilling() + [watch] }

    /// Takes what happened; says what is to be done, in order.
    package mutating func handle(
        _ event: OOMGuardEvent, at now: PolicyInstant
    ) -> [OOMGuardCommand] {
        guard state != .ended else { return [] }
        switch event {
        case .observed(let observation):
            seen = observation
            return advance(now)
        case .refused(let reason): return suspend(reason, now)
        case .released(let reason, let observation):
            seen = observation
            return release(reason, now)
        case .limitChanged(let bytes): return adopt(bytes)
        case .finished(let command, let outcome): return finish(command, outcome, now)
        case .disarm: return end()
        case .gone:
            state = .ended
            return []
        }
    }

    /// What follows from what is known.
    mutating func advance(_ now: PolicyInstant) -> [OOMGuardCommand] {
        if isFreezeAsked, seen.isEmpty { return thaw() + [.note("nobody is left in it")] }
        let isLate = thawBy.map { now >= $0 } ?? false
        switch state {
        case .watching:
            if seen.usage >= freezeAt || seen.isUnderOOM { return freeze(now) }
            return lowerLimit(now)
        case .freezing:
            if isLate { return timeOut(now) }
            return awaitFreeze(now)
        case .frozen, .held:
            if isLate { return timeOut(now) }
            if state == .held, seen.isFrozen, !seen.isUnderOOM { state = .frozen }
            return isBelow ? thaw() : relieve(now)
        case .yielding: return yield(now)
        case .open, .suspended:
            belowSince = isBelow ? belowSince ?? now : nil
            guard hasBeenBelow(now), restUntil.map({ now >= $0 }) ?? true else { return [] }
            state = .watching
            belowSince = nil
            return keepKernelFromKilling() + [watch]
        case .ended: return []
        }
    }

    var isBelow: Bool { seen.usage < resumeAt && !seen.isUnderOOM }

    private func hasBeenBelow(_ now: PolicyInstant) -> Bool {
        belowSince.map { now.since($0) >= settings.resumeFor } ?? false
    }

    var watch: OOMGuardCommand { .watch(freezeAt: freezeAt, resumeAt: resumeAt) }

    static func share(_ share: Double, of bytes: UInt64) -> UInt64 {
        UInt64(Double(bytes) * share)
    }
}
