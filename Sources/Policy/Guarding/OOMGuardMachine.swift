package import PolicyLanguage

/// The state machine of one cgroup that is guarded at its memory limit.
///
/// It maps events to commands. It has no side effects, and no clock other than
/// the times of events.
///
///     watching -> freezing -> frozen | held -> watching
///                                           -> open (OOM killer enabled) -> watching
///
/// A frozen cgroup uses no more memory, so it is thawed as soon as there is room.
package struct OOMGuardMachine: Hashable, Sendable {
    /// The versions of the memory controller and the freezer.
    package enum Variant: String, Hashable, Sendable, CaseIterable {
        case v1, v2, hybrid

        /// Whether the OOM killer can be disabled (v1).
        var hasKillerSwitch: Bool { self != .v2 }
    }

    /// The state of a guard.
    package enum State: String, Hashable, Sendable, CaseIterable {
        /// Below the threshold.
        case watching
        /// A freeze was requested and is not complete.
        case freezing
        /// Frozen, or not confirmed as frozen in time.
        case frozen
        /// Out of memory before it was frozen; its tasks wait in the kernel (v1).
        case held
        /// Not frozen although above the threshold; the limit is raised instead.
        case yielding
        /// The OOM killer is enabled until there is memory again.
        case open
        /// It must not be acted on; the OOM killer is enabled.
        case suspended
        /// No longer guarded.
        case ended
    }

    let settings: OOMGuard
    /// The hierarchies of its memory controller and its freezer.
    package let variant: Variant
    /// The limit to restore when usage allows it.
    var originalLimit: UInt64
    /// The maximum time frozen; shorter than in the settings for a service with a watchdog.
    let longestFrozen: Duration

    /// The state.
    package internal(set) var state = State.watching
    /// The current limit in bytes.
    package internal(set) var limit: UInt64
    /// The last observation.
    package internal(set) var seen = OOMGuardObservation(usage: 0)

    /// Whether a freeze is requested.
    package internal(set) var isFreezeAsked = false
    /// Whether the OOM killer is disabled, or on v2 the throttle is set.
    package internal(set) var isKillerOff = false
    /// The pending slow command.
    var pending: OOMGuardCommand?
    /// The index of the next relief step.
    var nextRelief = 0
    var thawBy: PolicyInstant?
    var confirmBy: PolicyInstant?
    /// Since when usage is below the resume threshold, while the OOM killer is enabled.
    var belowSince: PolicyInstant?
    /// When a raised limit is lowered, if usage stays low.
    var lowerAt: PolicyInstant?
    /// The end of the pause after a freeze that ended early.
    var restUntil: PolicyInstant?
    var releases = 0
    /// The time of the last notice of a freeze.
    var toldAt: PolicyInstant?
    /// Whether the limit is being raised because of the timeout.
    var isLastRaise = false

    /// The time allowed for freezing throttled tasks, with a margin.
    static let patience = Duration.seconds(3)
    /// The time that usage must be low before a raised limit is lowered.
    static let lowFor = Duration.seconds(300)
    /// The retry interval of a limit that could not be lowered.
    static let lowerAgain = Duration.seconds(30)
    /// The pause of a refused guard, and the first one after a freeze that ended early.
    static let rest = Duration.seconds(60)
    /// The time after a notice in which further freezes are only logged.
    static let tellAgain = Duration.seconds(30)
    /// The time allowed for killing all processes.
    static let killPatience = Duration.seconds(15)

    /// Creates a guard for a cgroup with a limit (bytes).
    package init(
        _ settings: OOMGuard, variant: Variant, limit: UInt64, longestFrozen: Duration? = nil
    ) {
        self.settings = settings
        self.variant = variant
        self.limit = limit
        originalLimit = limit
        self.longestFrozen = longestFrozen ?? settings.longestFrozen
    }

    /// The usage threshold for a freeze.
    package var freezeAt: UInt64 { Self.share(settings.freezeAt, of: limit) }

    /// The usage below which it is thawed.
    package var resumeAt: UInt64 { Self.share(settings.resumeAt, of: limit) }

    /// The time of the next action without an event; nil for none.
    package var nextDeadline: PolicyInstant? {
        [thawBy, state == .freezing ? confirmBy : nil].compactMap { $0 }.min()
    }

    /// Whether the limit is raised.
    package var isRaised: Bool { limit > originalLimit }

    /// Whether the whole state has to be observed, not only the usage.
    package var isActing: Bool { state != .watching && state != .ended }

    /// Whether it is being killed, which needs a thaw.
    package var isKilling: Bool { pending == .kill }

    /// The first commands.
    package mutating func arm() -> [OOMGuardCommand] { keepKernelFromKilling() + [watch] }

    /// Processes an event; returns the commands in order.
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

    /// Derives the commands from the last observation.
    mutating func advance(_ now: PolicyInstant) -> [OOMGuardCommand] {
        if isFreezeAsked, seen.isEmpty { return thaw() + [.note("it is empty")] }
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
