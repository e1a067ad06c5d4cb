import CgroupModel
import PolicyLanguage

/// A rule's request that a cgroup stands still, which ends at a time whatever else happens.
struct FreezeClaim: Sendable {
    /// How much longer than asked for a freeze lasts by itself whose end is a kill, which the engine
    /// does.
    static let killPatience = Duration.seconds(5)
    /// For how long a cgroup that waits for its kill is kept frozen at a time.
    static let renewal = Duration.seconds(30)
    /// How long before its end such a freeze is renewed.
    private static let renewBefore: UInt64 = 10_000_000_000

    private(set) var rule: RuleIndex
    let priority: Int
    let isDryRun: Bool
    /// When it was asked for.
    let since: UInt64
    /// When it ends.
    let deadline: UInt64
    /// What then happens.
    let onTimeout: FreezeTimeout
    /// When the cgroup is thawed by itself, whatever becomes of the engine.
    private(set) var thawBy: UInt64
    /// Whether a snapshot showed it frozen.
    var isConfirmed = false
    /// Whether it is to be killed and stays frozen until the budget allows that.
    var awaitsKill = false

    init(
        rule: RuleIndex, priority: Int, isDryRun: Bool, timeout: Duration, onTimeout: FreezeTimeout,
        at now: UInt64
    ) {
        self.rule = rule
        self.priority = priority
        self.isDryRun = isDryRun
        self.onTimeout = onTimeout
        since = now
        deadline = now + timeout.nanoseconds
        thawBy = now + Self.longest(timeout, onTimeout).nanoseconds
    }

    /// How long a freeze lasts by itself.
    static func longest(_ timeout: Duration, _ onTimeout: FreezeTimeout) -> Duration {
        onTimeout == .kill ? timeout + killPatience : timeout
    }

    /// For how long it was asked for.
    var timeout: Duration { .nanoseconds(deadline - since) }

    /// Whether it has to be renewed now if it is to go on.
    func isEnding(at now: UInt64) -> Bool { thawBy < now + Self.renewBefore }

    mutating func renew(at now: UInt64) { thawBy = now + Self.renewal.nanoseconds }

    /// The claim of the same rule in another policy.
    func moved(to rule: RuleIndex) -> FreezeClaim {
        var claim = self
        claim.rule = rule
        return claim
    }
}
