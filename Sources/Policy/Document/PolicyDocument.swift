public import CgroupModel
public import Configuration

/// Everything that the policy files of one load say, typed and checked.
///
/// Parts stand in the order of the files, and files in byte order of their names. A part that is
/// equal in the next load keeps its state.
public struct PolicyDocument: Hashable, Sendable {
    /// What holds where a rule says nothing else.
    public var defaults = PolicyDefaults()
    /// What is spared, besides what always is.
    public var protection = Protection()
    /// The named sets of cgroups.
    public var groups: [CgroupGroup] = []
    /// Values that hold as long as a cgroup is there.
    public var limits: [StandingLimits] = []
    /// CPUs that no pool takes, nil for none.
    public var reservedCPUs: CPUDemand?
    /// Sets of CPUs that cgroups get for themselves.
    public var pools: [CPUPool] = []
    /// What is done when something is the case.
    public var rules: [Rule] = []
    /// Cgroups that are frozen at their memory limit instead of killed.
    public var guards: [OOMGuard] = []
    /// Cgroups whose idle memory is taken back little by little.
    public var autosizers: [Autosizer] = []
    /// How often the engine may act.
    public var budgets = Budgets()
    /// Programs that rules start.
    public var hooks: [Hook] = []
    /// Where notices go.
    public var sinks: [Sink] = []

    /// A policy that does nothing.
    public init() {}

    /// The group of a name.
    public func group(_ name: String) -> CgroupGroup? { groups.first { $0.name == name } }

    /// The hook of a name.
    public func hook(_ name: String) -> Hook? { hooks.first { $0.name == name } }

    /// The sink of a name.
    public func sink(_ name: String) -> Sink? { sinks.first { $0.name == name } }

    /// The pool of a name.
    public func pool(_ name: String) -> CPUPool? { pools.first { $0.name == name } }
}

/// The `defaults` of a policy.
public struct PolicyDefaults: Hashable, Sendable {
    /// The time between two ticks.
    public var interval = Duration.seconds(1)
    /// The window of a counter that is named without a function.
    public var rateWindow = Duration.seconds(5)
    /// How far a derived `until` moves each threshold, as a share: 0.1 is 10 %.
    public var hysteresis = 0.1
    /// How long a rule rests after it was undone.
    public var cooldown = Duration.seconds(30)
    /// What happens when someone else changes a value that a layer wants.
    public var drift = DriftReaction.reapply
    /// Whether everything is only told.
    public var isDryRun = false
    /// Whether a rule may kill.
    public var allowsKill = false
    /// Whether something may be set that cannot be taken back: rules for devices.
    public var allowsIrreversible = false
    /// Whether anything may be done to the pods of a kubelet, which sets and renews the values there.
    public var allowsKubelet = false
    /// Whether the daemon puts everything back when it ends.
    public var restoresOnExit = true
    /// Whether a metric that this machine cannot have is an error, or only disables its rule.
    public var missingMetricIsError = false

    /// The values of a policy without `defaults`.
    public init() {}
}

/// What happens when someone else changes a value that a layer wants.
public enum DriftReaction: String, Hashable, Sendable, CaseIterable {
    /// Write it again; after three times in ten minutes yield.
    case reapply
    /// Tell, and leave it.
    case report
    /// Give the value up until the cgroup is a new one.
    case yield
}

/// What is spared, besides what always is.
public struct Protection: Hashable, Sendable {
    /// Cgroups that get no disruptive action, and neither do their ancestors.
    public var spared: [PathPattern] = []
    /// Cgroups of the system (sshd and its like) that may be acted on nonetheless.
    public var overridden: [CgroupPath] = []
    /// Whether the pods of a kubelet may be acted on, although it sets and renews the values there.
    public var allowsKubelet = false

    /// Nothing more.
    public init() {}
}

/// Values that hold as long as a cgroup is there: one of `limits`.
public struct StandingLimits: Hashable, Sendable {
    /// Where it stands in the file.
    public var position: ConfigPosition
    /// The group's name.
    public var group: String
    /// Among several the highest wins; equal ones give the stricter value.
    public var priority: Int
    /// What is set, on every version.
    public var settings: [Setting]
    /// What is set besides or instead, by the machine's mode.
    public var overrides: [HierarchyMode: [Setting]]
    /// When it holds; nil for always.
    public var during: DayWindow?
    /// A condition on the machine under which it holds; nil for always.
    public var when: Condition?
    /// For how long ``when`` has to be true first.
    public var holdTime: Duration
    /// What ends it; nil for the opposite of ``when``.
    public var until: Condition?
    /// For how long ``until`` has to be true first.
    public var clearTime: Duration
    /// Whether all values are set or none; otherwise each by itself.
    public var isTogether: Bool

    /// Joins the parts.
    public init(
        position: ConfigPosition, group: String, priority: Int = 0, settings: [Setting] = [],
        overrides: [HierarchyMode: [Setting]] = [:], during: DayWindow? = nil,
        when: Condition? = nil, holdTime: Duration = .zero, until: Condition? = nil,
        clearTime: Duration = .zero, isTogether: Bool = false
    ) {
        self.position = position
        self.group = group
        self.priority = priority
        self.settings = settings
        self.overrides = overrides
        self.during = during
        self.when = when
        self.holdTime = holdTime
        self.until = until
        self.clearTime = clearTime
        self.isTogether = isTogether
    }
}

/// How the machine mounts its hierarchies.
public enum HierarchyMode: String, Hashable, Sendable, CaseIterable {
    case v1, v2, hybrid
}

/// A time of day, by the local wall clock: from 22:00 to 06:00 passes midnight.
public struct DayWindow: Hashable, Sendable {
    /// Minutes after midnight, included.
    public var start: Int
    /// Minutes after midnight, not included.
    public var end: Int

    /// Joins the parts.
    public init(start: Int, end: Int) {
        self.start = start
        self.end = end
    }

    /// Whether a minute of the day is inside; equal ends mean the whole day.
    public func contains(_ minute: Int) -> Bool {
        start < end ? (start..<end).contains(minute) : minute >= start || minute < end
    }
}
