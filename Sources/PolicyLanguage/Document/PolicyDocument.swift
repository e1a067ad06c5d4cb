package import CgroupModel
package import Configuration

/// A policy: the contents of all files of one load, typed and checked.
///
/// Parts are in the order of the files, and files in byte order of their names. A part that is
/// unchanged by a reload keeps its state.
package struct PolicyDocument: Hashable, Sendable {
    /// The defaults of rules.
    package var defaults = PolicyDefaults()
    /// Additional protection.
    package var protection = Protection()
    /// The groups of cgroups.
    package var groups: [CgroupGroup] = []
    /// Standing limits.
    package var limits: [StandingLimits] = []
    /// CPUs outside of all pools; nil for none.
    package var reservedCPUs: CPUDemand?
    /// The CPU pools.
    package var pools: [CPUPool] = []
    /// The rules.
    package var rules: [Rule] = []
    /// The OOM guards.
    package var guards: [OOMGuard] = []
    /// The autosizers.
    package var autosizers: [Autosizer] = []
    /// The budgets of actions.
    package var budgets = Budgets()
    /// The hooks.
    package var hooks: [Hook] = []
    /// The sinks of notices.
    package var sinks: [Sink] = []

    /// Creates an empty policy.
    package init() {}

    /// Returns the group with a name.
    package func group(_ name: String) -> CgroupGroup? { groups.first { $0.name == name } }

    /// Returns the pool with a name.
    package func pool(_ name: String) -> CPUPool? { pools.first { $0.name == name } }
}

/// The `defaults` of a policy.
package struct PolicyDefaults: Hashable, Sendable {
    /// The interval between ticks.
    package var interval = Duration.seconds(1)
    /// The window of a bare counter.
    package var rateWindow = Duration.seconds(5)
    /// The margin of a derived `until` for each threshold, as a share: 0.1 is 10 %.
    package var hysteresis = 0.1
    /// The pause of a rule after it was undone.
    package var cooldown = Duration.seconds(30)
    /// What to do if another program changes a requested value.
    package var drift = DriftReaction.reapply
    /// Whether actions are only reported.
    package var isDryRun = false
    /// Whether a rule may kill.
    package var allowsKill = false
    /// Whether irreversible values may be set: device rules.
    package var allowsIrreversible = false
    /// Whether pods may be changed, although the kubelet manages their values.
    package var allowsKubelet = false
    /// Whether the daemon restores everything when it stops.
    package var restoresOnExit = true
    /// Whether a metric that this host lacks is an error, or only disables its rule.
    package var missingMetricIsError = false

    /// Creates the defaults of a policy without `defaults`.
    package init() {}
}

/// What to do if another program changes a requested value.
package enum DriftReaction: String, Hashable, Sendable, CaseIterable {
    /// Writes it again, and yields after three times in ten minutes.
    case reapply
    /// Only reports it.
    case report
    /// Gives up the value for the lifetime of the cgroup.
    case yield
}

/// Additional protection.
package struct Protection: Hashable, Sendable {
    /// Cgroups that, with their ancestors, are exempt from disruptive actions.
    package var spared: [PathPattern] = []
    /// Cgroups of system services, such as sshd, that are not protected.
    package var overridden: [CgroupPath] = []
    /// Whether pods may be changed, although the kubelet manages their values.
    package var allowsKubelet = false

    /// Creates the default protection.
    package init() {}
}

/// Standing limits of cgroups: one of `limits`.
package struct StandingLimits: Hashable, Sendable {
    /// The position in the file.
    package var position: ConfigPosition
    /// The name of the group.
    package var group: String
    /// The priority: the highest wins; among equals, the stricter value.
    package var priority: Int
    /// The values for v1 and v2.
    package var settings: [Setting]
    /// Additional or replacing values by the host's mode.
    package var overrides: [HierarchyMode: [Setting]]
    /// The hours in which it applies; nil for always.
    package var during: DayWindow?
    /// The condition on the host under which it applies; nil for always.
    package var when: Condition?
    /// How long ``when`` must be true before the limits apply.
    package var holdTime: Duration
    /// The condition that ends it; nil for the opposite of ``when``.
    package var until: Condition?
    /// How long ``until`` must be true before the limits end.
    package var clearTime: Duration
    /// Whether all values are set or none; otherwise each independently.
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

/// A range of local time, which may wrap midnight: 22:00 to 06:00.
package struct DayWindow: Hashable, Sendable, CustomStringConvertible {
    /// The start in minutes after midnight, inclusive.
    package var start: Int
    /// The end in minutes after midnight, exclusive.
    package var end: Int

    /// Whether it contains a minute of the day; equal ends mean the whole day.
    package func contains(_ minute: Int) -> Bool {
        start < end ? (start..<end).contains(minute) : minute >= start || minute < end
    }

    /// `22:00-06:00`.
    package var description: String {
        func text(_ minute: Int) -> String {
            [minute / 60, minute % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
        }
        return "\(text(start))-\(text(end))"
    }
}
