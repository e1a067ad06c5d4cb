package import CgroupModel
package import PolicyLanguage

/// An instant of CLOCK_BOOTTIME, which also runs during suspend.
package struct PolicyInstant: Hashable, Sendable, Comparable {
    /// Nanoseconds since boot.
    package var nanoseconds: UInt64

    /// Creates an instant from nanoseconds since boot.
    package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// Orders instants by time.
    package static func < (left: PolicyInstant, right: PolicyInstant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// Returns the time from another instant to this one; negative if the other is later.
    package func since(_ other: PolicyInstant) -> Duration {
        .nanoseconds(Int64(nanoseconds) - Int64(other.nanoseconds))
    }

    /// Returns the instant that is later by a duration.
    package func advanced(by time: Duration) -> PolicyInstant {
        PolicyInstant(nanoseconds: nanoseconds + time.nanoseconds)
    }
}

/// The complete input of a tick; nothing else influences what the engine decides.
package struct PolicyInput: Sendable {
    /// The state of the cgroups and the host.
    package var snapshot: Snapshot
    /// When the snapshot was taken.
    package var time: PolicyInstant
    /// Minutes after local midnight, for `during`; microseconds since 1970 are in the snapshot.
    package var minuteOfDay: Int
    /// The host's CPUs, for pools; nil if unknown.
    package var topology: CPUTopology?
    /// The results of earlier effects.
    package var results: [EffectResult]
    /// The cgroups under the control of an OOM guard, which the engine must not counteract.
    package var guarded: [CgroupID: GuardedCgroup]
    /// The events since the previous tick, the oldest first.
    package var events: [PolicyEvent]

    package init(
        snapshot: Snapshot, time: PolicyInstant, minuteOfDay: Int, topology: CPUTopology? = nil,
        results: [EffectResult] = [], guarded: [CgroupID: GuardedCgroup] = [:],
        events: [PolicyEvent] = []
    ) {
        self.snapshot = snapshot
        self.time = time
        self.minuteOfDay = minuteOfDay
        self.topology = topology
        self.results = results
        self.guarded = guarded
        self.events = events
    }
}

/// The state of a cgroup that an OOM guard controls.
package struct GuardedCgroup: Hashable, Sendable {
    /// The guard's name.
    package var name: String
    /// Whether the guard keeps it frozen; rules then take no disruptive action.
    package var isFrozen: Bool
    /// Values that only the guard may write now, such as `memory.max` while it is raised.
    package var values: Set<LimitKey>
    /// The values that the guard has set, as requests of its layer.
    package var settings: [LimitKey: LimitValue]
    /// The upper bounds that the guard has set (`memory.high`); a stricter value of a lower layer
    /// still applies.
    package var bounds: [LimitKey: LimitValue]

    package init(
        name: String, isFrozen: Bool, values: Set<LimitKey> = [],
        settings: [LimitKey: LimitValue] = [:], bounds: [LimitKey: LimitValue] = [:]
    ) {
        self.name = name
        self.isFrozen = isFrozen
        self.values = values
        self.settings = settings
        self.bounds = bounds
    }

    /// Whether only the guard may write a value now.
    func owns(_ key: LimitKey) -> Bool {
        values.contains(key) || settings[key] != nil || bounds[key] != nil
    }
}

/// Facts about cgroups and the host that are not in snapshots; looked up only where needed.
///
/// An implementation answers from a cache where possible, never blocks for long, and returns nil
/// for what it does not know.
package protocol CgroupFacts: Sendable {
    /// The cgroup mode of the host.
    var mode: HierarchyMode { get }
    /// Whether systemd manages the host; true if unknown, as for a recording.
    var hasSystemd: Bool { get }
    /// Whether a controller is mounted on v1.
    func isLegacy(_ controller: Controller) -> Bool
    /// Whether I/O is on v1 and the true root of its tree is visible, which has a line for each
    /// disk on which I/O is counted.
    var seesLegacyIORoot: Bool { get }
    /// The systemd unit that owns the cgroup.
    func unit(of cgroup: CgroupEntry) -> String?
    /// The container and pod of the cgroup.
    func identity(of cgroup: CgroupEntry) -> CgroupIdentity
    /// Whether the facts about a cgroup are final; false while some are provisional and must be
    /// looked up again.
    func isSettled(_ cgroup: CgroupEntry) -> Bool
    /// An extended attribute that other users cannot set.
    func attribute(_ name: String, of cgroup: CgroupEntry) -> String?
    /// The user ID of the directory's owner.
    func owner(of cgroup: CgroupEntry) -> UInt32?
    /// The command names of the members.
    func commands(of cgroup: CgroupEntry) -> Set<String>
    /// Why the protected set refuses a disruptive action on the cgroup; nil if it does not.
    func refusal(of action: DisruptiveAction, on cgroup: CgroupEntry) -> String?
    /// Why an operator holds the cgroup; nil if there is no hold.
    func hold(on cgroup: CgroupEntry) -> String?
    /// The whole disk of a name such as `/dev/vda`; nil if the host has none.
    func device(named name: String) -> InstanceKey?
}

extension CgroupFacts {
    /// True, because it is unknown.
    package var hasSystemd: Bool { true }
    /// False, because it is unknown; a disk without a line then counts as without I/O.
    package var seesLegacyIORoot: Bool { false }
    /// True: all facts are known at once.
    package func isSettled(_ cgroup: CgroupEntry) -> Bool { true }
    /// The usual assignment for the mode: all controllers on v1 unless the host is v2.
    package func isLegacy(_ controller: Controller) -> Bool { mode != .v2 }
    /// Nil: only `MAJ:MIN` is supported.
    package func device(named name: String) -> InstanceKey? { nil }
}
