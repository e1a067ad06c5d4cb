package import CgroupModel
package import Configuration

/// Acts while a condition holds: one of `rules`.
package struct Rule: Hashable, Sendable {
    /// Whether cgroups are evaluated separately or as one.
    package enum Scope: String, Hashable, Sendable, CaseIterable {
        case each
        /// One state for the whole group.
        ///
        /// Metrics are combined as their ``PolicyMetric/Aggregation`` says; ``victims`` selects the
        /// cgroups to act on.
        case aggregate
    }

    /// Repeats the actions while the rule is active.
    package struct Repetition: Hashable, Sendable {
        /// The interval.
        package var every: Duration
        /// The maximum number of repetitions; nil for unlimited.
        package var most: Int?
        /// Repeats only while this is true; by default `when`.
        package var condition: Condition

        package init(every: Duration, most: Int?, while condition: Condition) {
            self.every = every
            self.most = most
            self.condition = condition
        }
    }

    /// How set values are undone.
    package enum Undoing: Hashable, Sendable {
        /// Immediately, to the value of the next lower layer or the original.
        case restore
        /// Values are kept.
        case keep
        /// In steps, multiplying until the next lower layer's value is reached.
        case relax(factor: Double, every: Duration)
    }

    /// Selects the members of an aggregate group to act on.
    package struct Victims: Hashable, Sendable {
        /// The sort key.
        package var by: Expression
        /// Whether the largest is first.
        package var isDescending = true
        /// The maximum number of cgroups per firing.
        package var take = 1
        /// The minimum value in the unit of ``by``; nil for any.
        package var leastGain: Double?
    }

    /// The name, unique across all files.
    package var name: String
    /// The position in the file.
    package var position: ConfigPosition
    /// The name of the group.
    package var group: String
    /// Whether cgroups are evaluated separately or as one.
    package var scope = Scope.each
    /// The events that trigger it, which ``when`` contains; nil if a condition alone does.
    package var event: EventTrigger?
    /// The condition that starts it.
    package var when: Condition
    /// How long ``when`` must be true before the rule acts.
    package var holdTime = Duration.zero
    /// The condition that ends it; by default ``when`` negated with hysteresis.
    package var until: Condition
    /// How long ``until`` must be true before the rule is undone.
    package var clearTime = Duration.zero
    /// The pause after it was undone.
    package var cooldown = Duration.seconds(30)
    /// The maximum active time; nil for unlimited.
    package var longestActive: Duration?
    /// The repetition of the actions; nil for none.
    package var repetition: Repetition?
    /// The priority, from -100 to 100; the highest wins.
    package var priority = 0
    /// The actions, in order.
    package var actions: [RuleAction] = []
    /// How it is undone.
    package var undoing = Undoing.restore
    /// The cgroups to act on, for an aggregate.
    package var victims: Victims?
    /// Whether actions are only reported.
    package var isDryRun = false
    /// Features that the host must have; otherwise the rule is disabled.
    package var requirements: [Requirement] = []

    /// Creates a rule without actions.
    package init(
        name: String, position: ConfigPosition, group: String, when: Condition, until: Condition
    ) {
        self.name = name
        self.position = position
        self.group = group
        self.when = when
        self.until = until
    }
}

/// A feature of the host that a rule requires.
package enum Requirement: String, Hashable, Sendable, CaseIterable {
    case psi, v1, v2, hybrid, systemd, swap
}

/// One step of a rule's `do`.
package struct RuleAction: Hashable, Sendable {
    /// The action.
    package var kind: Kind
    /// Whether the following steps run if it fails.
    package var continuesOnError: Bool
    /// Whether all values of a setting are set or none; otherwise each independently.
    package var isTogether: Bool

    package init(_ kind: Kind, continuesOnError: Bool = false, isTogether: Bool = false) {
        self.kind = kind
        self.continuesOnError = continuesOnError
        self.isTogether = isTogether
    }

    /// The kinds of actions.
    package enum Kind: Hashable, Sendable {
        case set([Setting])
        case scale(Scaling)
        case freeze(timeout: Duration, onTimeout: FreezeTimeout)
        case thaw
        case pin(cpus: RangeList?, mems: RangeList?)
        case reclaim(Reclaiming)
        case kill(signal: String, grace: Duration, force: Bool)
        case hook(name: String, waits: Bool)
        case notify(sinks: [String])
        case log(LogLevel)
    }
}

/// What to do at the timeout of a freeze.
package enum FreezeTimeout: String, Hashable, Sendable, CaseIterable { case thaw, kill }

/// The severity of a notice, named as in syslog(3).
package enum LogLevel: String, Hashable, Sendable, CaseIterable {
    case debug, info, notice, warning, error
}

/// Multiplies a limit.
package struct Scaling: Hashable, Sendable {
    /// What the factor is applied to: the current limit or the current usage.
    package enum Base: String, Hashable, Sendable, CaseIterable { case current, usage }

    /// The value to scale.
    package var key: LimitKey
    /// The factor.
    package var factor: Double
    /// What the factor is applied to: the current limit or the current usage.
    package var base: Base
    /// The minimum result; nil for no bound.
    package var least: LimitValue?
    /// The maximum result; nil or unlimited for no bound.
    package var most: LimitValue?

    package init(
        key: LimitKey, factor: Double, of base: Base, least: LimitValue?, most: LimitValue?
    ) {
        self.key = key
        self.factor = factor
        self.base = base
        self.least = least
        self.most = most
    }
}

/// Reclaims memory.
package struct Reclaiming: Hashable, Sendable {
    /// The amount.
    package enum Amount: Hashable, Sendable {
        /// A number of bytes.
        case bytes(UInt64)
        /// Everything above this usage.
        case down(to: UInt64)
    }

    /// The amount.
    package var amount: Amount
    /// The time limit.
    package var deadline: Duration
    /// The swappiness, 0 to 200; nil for the kernel's default.
    package var swappiness: UInt32?

    package init(_ amount: Amount, deadline: Duration = .seconds(2), swappiness: UInt32? = nil) {
        self.amount = amount
        self.deadline = deadline
        self.swappiness = swappiness
    }
}
