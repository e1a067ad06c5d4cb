import CgroupModel
import PolicyLanguage

/// A rule's request to keep a cgroup frozen until a deadline.
struct FreezeClaim: Sendable {
    /// The time between a deadline with `on_timeout: kill` and the automatic thaw; the engine kills
    /// the cgroup in that time.
    static let killPatience = Duration.seconds(5)
    /// The duration of each extension while a frozen cgroup waits to be killed.
    static let renewal = Duration.seconds(30)
    /// How long before the automatic thaw a freeze is extended.
    private static let renewBefore: UInt64 = 10_000_000_000

    private(set) var rule: RuleIndex
    let priority: Int
    let isDryRun: Bool
    /// When it was requested.
    let since: UInt64
    /// When it expires.
    let deadline: UInt64
    /// What happens at the deadline.
    let onTimeout: FreezeTimeout
    /// When the cgroup is thawed automatically, even if the engine dies.
    private(set) var thawBy: UInt64
    /// Whether a snapshot showed it frozen.
    var isConfirmed = false
    /// Whether the cgroup stays frozen until the budget allows the kill.
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

    /// The time after which a freeze is thawed automatically.
    static func longest(_ timeout: Duration, _ onTimeout: FreezeTimeout) -> Duration {
        onTimeout == .kill ? timeout + killPatience : timeout
    }

    /// The requested duration.
    var timeout: Duration { .nanoseconds(deadline - since) }

    /// Whether it must be renewed now to continue.
    func isEnding(at now: UInt64) -> Bool { thawBy < now + Self.renewBefore }

    mutating func renew(at now: UInt64) { thawBy = now + Self.renewal.nanoseconds }

    /// Returns the claim with the rule's index in a new policy.
    func moved(to rule: RuleIndex) -> FreezeClaim {
        var claim = self
        claim.rule = rule
        return claim
    }
}
