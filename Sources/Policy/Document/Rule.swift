package import CgroupModel
package import Configuration

/// What is done when something is the case: one of `rules`.
package struct Rule: Hashable, Sendable {
    /// Whether each cgroup is looked at alone.
    package enum Scope: String, Hashable, Sendable, CaseIterable {
        case each
        /// One state for the whole group; gauges are summed, ``victims`` says who is acted on.
        case aggregate
    }

    /// How the actions are done again while the rule is active.
    package struct Repetition: Hashable, Sendable {
        /// The time between two.
        package var every: Duration
        /// How many more times; nil for no end.
        package var most: Int?
        /// As long as this holds; `when` where nothing else was written.
        package var condition: Condition

        package init(every: Duration, most: Int?, while condition: Condition) {
            self.every = every
            self.most = most
            self.condition = condition
        }
    }

    /// How what was set is taken back.
    package enum Undoing: Hashable, Sendable {
        /// At once: the value of the next lower layer, in the end the original.
        case restore
        /// Not at all.
        case keep
        /// By steps, multiplying until the next lower layer's value is passed.
        case relax(factor: Double, every: Duration)
    }

    /// Which members of an aggregate group are acted on.
    package struct Victims: Hashable, Sendable {
        /// What they are ordered by.
        package var by: Expression
        /// Whether the largest comes first.
        package var isDescending: Bool
        /// How many at a time.
        package var take: Int
        /// What one must be worth, in the unit of ``by``; nil for anything.
        package var leastGain: Double?

        package init(by: Expression, isDescending: Bool = true, take: Int = 1, leastGain: Double?) {
            self.by = by
            self.isDescending = isDescending
            self.take = take
            self.leastGain = leastGain
        }
    }

    /// Its name, unique over all files.
    package var name: String
    /// Where it stands in the file.
    package var position: ConfigPosition
    /// The group's name.
    package var group: String
    /// Whether each cgroup is looked at alone.
    package var scope = Scope.each
    /// What must be the case.
    package var when: Condition
    /// For how long before anything is done.
    package var holdTime = Duration.zero
    /// What ends it; derived from ``when`` by hysteresis where nothing was written.
    package var until: Condition
    /// For how long before it is undone.
    package var clearTime = Duration.zero
    /// How long it rests after it was undone.
    package var cooldown = Duration.seconds(30)
    /// The longest that it stays active; nil for no end.
    package var longestActive: Duration?
    /// How the actions are done again.
    package var repetition: Repetition?
    /// From -100 to 100; the highest wins.
    package var priority = 0
    /// What is done, in this order.
    package var actions: [RuleAction] = []
    /// How it is taken back.
    package var undoing = Undoing.restore
    /// Who is acted on, for an aggregate.
    package var victims: Victims?
    /// Whether it is only told what would be done.
    package var isDryRun = false
    /// What the machine must have, or the rule is disabled.
    package var requirements: [Requirement] = []

    /// A rule without actions.
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

/// What a rule needs from the machine.
package enum Requirement: String, Hashable, Sendable, CaseIterable {
    case psi, v1, v2, hybrid, systemd, swap
}

/// One step of a rule's `do`.
package struct RuleAction: Hashable, Sendable {
    /// What is done.
    package var kind: Kind
    /// Whether the steps after it are done although it failed.
    package var continuesOnError: Bool
    /// Whether all values of a setting are set or none; otherwise each by itself.
    package var isTogether: Bool

    package init(_ kind: Kind, continuesOnError: Bool = false, isTogether: Bool = false) {
        self.kind = kind
        self.continuesOnError = continuesOnError
        self.isTogether = isTogether
    }

    /// What can be done.
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

/// What happens when a freeze comes to its end.
package enum FreezeTimeout: String, Hashable, Sendable, CaseIterable { case thaw, kill }

/// How loud a notice is, as syslog(3) names it.
package enum LogLevel: String, Hashable, Sendable, CaseIterable {
    case debug, info, notice, warning, error
}

/// Multiplies a limit.
package struct Scaling: Hashable, Sendable {
    /// What the factor applies to.
    package enum Base: String, Hashable, Sendable, CaseIterable { case current, usage }

    /// Which value.
    package var key: LimitKey
    /// By what.
    package var factor: Double
    /// Of what.
    package var base: Base
    /// The lowest result; nil for no bound.
    package var least: LimitValue?
    /// The highest result; nil or unlimited for no bound.
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

/// Takes memory back.
package struct Reclaiming: Hashable, Sendable {
    /// How much.
    package enum Amount: Hashable, Sendable {
        /// This many bytes.
        case bytes(UInt64)
        /// As much as is above this usage.
        case down(to: UInt64)
    }

    /// How much.
    package var amount: Amount
    /// When it is given up.
    package var deadline: Duration
    /// 0 to 200; nil for the kernel's own.
    package var swappiness: UInt32?

    package init(_ amount: Amount, deadline: Duration = .seconds(2), swappiness: UInt32? = nil) {
        self.amount = amount
        self.deadline = deadline
        self.swappiness = swappiness
    }
}
