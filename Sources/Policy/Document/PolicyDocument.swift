package import CgroupModel
package import Configuration

/// Everything that the policy files of one load say, typed and checked.
///
/// Parts stand in the order of the files, and files in byte order of their names. A part that is
/// equal in the next load keeps its state.
package struct PolicyDocument: Hashable, Sendable {
    /// What holds where a rule says nothing else.
    package var defaults = PolicyDefaults()
    /// What is spared, besides what always is.
    package var protection = Protection()
    /// The named sets of cgroups.
    package var groups: [CgroupGroup] = []
    /// Values that hold as long as a cgroup is there.
    package var limits: [StandingLimits] = []
    /// CPUs that no pool takes, nil for none.
    package var reservedCPUs: CPUDemand?
    /// Sets of CPUs that cgroups get for themselves.
    package var pools: [CPUPool] = []
    /// What is done when something is the case.
    package var rules: [Rule] = []
    /// Cgroups that are frozen at their memory limit instead of killed.
    package var guards: [OOMGuard] = []
    /// Cgroups whose idle memory is taken back little by little.
    package var autosizers: [Autosizer] = []
    /// How often the engine may act.
    package var budgets = Budgets()
    /// Programs that rules start.
    package var hooks: [Hook] = []
    /// Where notices go.
    package var sinks: [Sink] = []

    /// A policy that does nothing.
    package init() {}

    /// The group of a name.
    package func group(_ name: String) -> CgroupGroup? { groups.first { $0.name == name } }

    /// The hook of a name.
    package func hook(_ name: String) -> Hook? { hooks.first { $0.name == name } }

    /// The sink of a name.
    package func sink(_ name: String) -> Sink? { sinks.first { $0.name == name } }

    /// The pool of a name.
    package func pool(_ name: String) -> CPUPool? { pools.first { $0.name == name } }
}

/// The `defaults` of a policy.
package struct PolicyDefaults: Hashable, Sendable {
    /// The time between two ticks.
    package var interval = Duration.seconds(1)
    /// The window of a counter that is named without a function.
    package var rateWindow = Duration.seconds(5)
    /// How far a derived `until` moves each threshold, as a share: 0.1 is 10 %.
    package var hysteresis = 0.1
    /// How long a rule rests after it was undone.
    package var cooldown = Duration.seconds(30)
    /// What happens when someone else changes a value that a layer wants.
    package var drift = DriftReaction.reapply
    /// Whether everything is only told.
    package var isDryRun = false
    /// Whether a rule may kill.
    package var allowsKill = false
    /// Whether something may be set that cannot be taken back: rules for devices.
    package var allowsIrreversible = false
    /// Whether anything may be done to the pods of a kubelet, which sets and renews the values there.
    package var allowsKubelet = false
    /// Whether the daemon puts everything back when it ends.
    package var restoresOnExit = true
    /// Whether a metric that this machine cannot have is an error, or only disables its rule.
    package var missingMetricIsError = false

    /// The values of a policy without `defaults`.
    package init() {}
}

/// What happens when someone else changes a value that a layer wants.
package enum DriftReaction: String, Hashable, Sendable, CaseIterable {
    /// Write it again; after three times in ten minutes yield.
    case reapply
    /// Tell, and leave it.
    case report
    /// Give the value up until the cgroup is a new one.
    case yield
}

/// What is spared, besides what always is.
package struct Protection: Hashable, Sendable {
    /// Cgroups that get no disruptive action, and neither do their ancestors.
    package var spared: [PathPattern] = []
    /// Cgroups of the system (sshd and its like) that may be acted on nonetheless.
    package var overridden: [CgroupPath] = []
    /// Whether the pods of a kubelet may be acted on, although it sets and renews the values there.
    package var allowsKubelet = false

    /// Nothing more.
    package init() {}
}

/// Values that hold as long as a cgroup is there: one of `limits`.
package struct StandingLimits: Hashable, Sendable {
    /// Where it stands in the file.
    package var position: ConfigPosition
    /// The group's name.
    package var group: String
    /// Among several the highest wins; equal ones give the stricter value.
    package var priority: Int
    /// What is set, on every version.
    package var settings: [Setting]
    /// What is set besides or instead, by the machine's mode.
    package var overrides: [HierarchyMode: [Setting]]
    /// When it holds; nil for always.
    package var during: DayWindow?
    /// A condition on the machine under which it holds; nil for always.
    package var when: Condition?
    /// For how long ``when`` has to be true first.
    package var holdTime: Duration
    /// What ends it; nil for the opposite of ``when``.
    package var until: Condition?
    /// For how long ``until`` has to be true first.
    package var clearTime: Duration
    /// Whether all values are set or none; otherwise each by itself.
    package var isTogether: Bool

    package init(
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
package enum HierarchyMode: String, Hashable, Sendable, CaseIterable {
    case v1, v2, hybrid
}

/// A time of day, by the local wall clock: from 22:00 to 06:00 passes midnight.
package struct DayWindow: Hashable, Sendable {
    /// Minutes after midnight, included.
    package var start: Int
    /// Minutes after midnight, not included.
    package var end: Int

    package init(start: Int, end: Int) {
        self.start = start
        self.end = end
    }

    /// Whether a minute of the day is inside; equal ends mean the whole day.
    package func contains(_ minute: Int) -> Bool {
        start < end ? (start..<end).contains(minute) : minute >= start || minute < end
    }
}
