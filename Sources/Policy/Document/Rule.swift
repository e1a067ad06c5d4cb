public import CgroupModel
public import Configuration

/// What is done when something is the case: one of `rules`.
public struct Rule: Hashable, Sendable {
    /// Whether each cgroup is looked at alone.
    public enum Scope: String, Hashable, Sendable, CaseIterable {
        case each
        /// One state for the whole group; gauges are summed, ``victims`` says who is acted on.
        case aggregate
    }

    /// How the actions are done again while the rule is active.
    public struct Repetition: Hashable, Sendable {
        /// The time between two.
        public var every: Duration
        /// How many more times; nil for no end.
        public var most: Int?
        /// As long as this holds; `when` where nothing else was written.
        public var condition: Condition

        /// Joins the parts.
        public init(every: Duration, most: Int?, while condition: Condition) {
            self.every = every
            self.most = most
            self.condition = condition
        }
    }

    /// How what was set is taken back.
    public enum Undoing: Hashable, Sendable {
        /// At once: the value of the next lower layer, in the end the original.
        case restore
        /// Not at all.
        case keep
        /// By steps, multiplying until the next lower layer's value is passed.
        case relax(factor: Double, every: Duration)
    }

    /// Which members of an aggregate group are acted on.
    public struct Victims: Hashable, Sendable {
        /// What they are ordered by.
        public var by: Expression
        /// Whether the largest comes first.
        public var isDescending: Bool
        /// How many at a time.
        public var take: Int
        /// What one must be worth, in the unit of ``by``; nil for anything.
        public var leastGain: Double?

        /// Joins the parts.
        public init(by: Expression, isDescending: Bool = true, take: Int = 1, leastGain: Double?) {
            self.by = by
            self.isDescending = isDescending
            self.take = take
            self.leastGain = leastGain
        }
    }

    /// Its name, unique over all files.
    public var name: String
    /// Where it stands in the file.
    public var position: ConfigPosition
    /// The group's name.
    public var group: String
    /// Whether each cgroup is looked at alone.
    public var scope = Scope.each
    /// What must be the case.
    public var when: Condition
    /// For how long before anything is done.
    public var holdTime = Duration.zero
    /// What ends it; derived from ``when`` by hysteresis where nothing was written.
    public var until: Condition
    /// For how long before it is undone.
    public var clearTime = Duration.zero
    /// How long it rests after it was undone.
    public var cooldown = Duration.seconds(30)
    /// The longest that it stays active; nil for no end.
    public var longestActive: Duration?
    /// How the actions are done again.
    public var repetition: Repetition?
    /// From -100 to 100; the highest wins.
    public var priority = 0
    /// What is done, in this order.
    public var actions: [RuleAction] = []
    /// How it is taken back.
    public var undoing = Undoing.restore
    /// Who is acted on, for an aggregate.
    public var victims: Victims?
    /// Whether it is only told what would be done.
    public var isDryRun = false
    /// What the machine must have, or the rule is disabled.
    public var requirements: [Requirement] = []

    /// A rule without actions.
    public init(
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
public enum Requirement: String, Hashable, Sendable, CaseIterable {
    case psi, v1, v2, hybrid, systemd, swap
}

/// One step of a rule's `do`.
public struct RuleAction: Hashable, Sendable {
    /// What is done.
    public var kind: Kind
    /// Whether the steps after it are done although it failed.
    public var continuesOnError: Bool
    /// Whether all values of a setting are set or none; otherwise each by itself.
    public var isTogether: Bool

    /// Joins the parts.
    public init(_ kind: Kind, continuesOnError: Bool = false, isTogether: Bool = false) {
        self.kind = kind
        self.continuesOnError = continuesOnError
        self.isTogether = isTogether
    }

    /// What can be done.
    public enum Kind: Hashable, Sendable {
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
public enum FreezeTimeout: String, Hashable, Sendable, CaseIterable { case thaw, kill }

/// How loud a notice is, as syslog(3) names it.
public enum LogLevel: String, Hashable, Sendable, CaseIterable {
    case debug, info, notice, warning, error
}

/// Multiplies a limit.
public struct Scaling: Hashable, Sendable {
    /// What the factor applies to.
    public enum Base: String, Hashable, Sendable, CaseIterable { case current, usage }

    /// Which value.
    public var key: LimitKey
    /// By what.
    public var factor: Double
    /// Of what.
    public var base: Base
    /// The lowest result; nil for no bound.
    public var least: LimitValue?
    /// The highest result; nil or unlimited for no bound.
    public var most: LimitValue?

    /// Joins the parts.
    public init(
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
public struct Reclaiming: Hashable, Sendable {
    /// How much.
    public enum Amount: Hashable, Sendable {
        /// This many bytes.
        case bytes(UInt64)
        /// As much as is above this usage.
        case down(to: UInt64)
    }

    /// How much.
    public var amount: Amount
    /// When it is given up.
    public var deadline: Duration
    /// 0 to 200; nil for the kernel's own.
    public var swappiness: UInt32?

    /// Joins the parts.
    public init(_ amount: Amount, deadline: Duration = .seconds(2), swappiness: UInt32? = nil) {
        self.amount = amount
        self.deadline = deadline
        self.swappiness = swappiness
    }
}
