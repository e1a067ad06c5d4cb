package import CgroupModel
package import PolicyLanguage

/// An instant of the clock that goes on in suspend (CLOCK_BOOTTIME), in nanoseconds.
package struct PolicyInstant: Hashable, Sendable, Comparable {
    /// Nanoseconds since the machine started.
    package var nanoseconds: UInt64

    /// Takes nanoseconds.
    package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// Earlier is less.
    package static func < (left: PolicyInstant, right: PolicyInstant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The time from another instant to this one; negative if that was later.
    package func since(_ other: PolicyInstant) -> Duration {
        .nanoseconds(Int64(nanoseconds) - Int64(other.nanoseconds))
    }

    /// The instant after a time.
    package func advanced(by time: Duration) -> PolicyInstant {
        PolicyInstant(nanoseconds: nanoseconds + time.nanoseconds)
    }
}

/// All that one tick knows: nothing else changes what the engine decides.
package struct PolicyInput: Sendable {
    /// The cgroups and the machine.
    package var snapshot: Snapshot
    /// When the snapshot was taken.
    package var time: PolicyInstant
    /// Minutes after local midnight, for `during`; microseconds since 1970 are in the snapshot.
    package var minuteOfDay: Int
    /// The CPUs, for pools; nil if unknown.
    package var topology: CPUTopology?
    /// What became of earlier effects.
    package var results: [EffectResult]
    /// The cgroups that an OOM guard has in its hands, for nothing here may cross it.
    package var guarded: [CgroupID: GuardedCgroup]

    package init(
        snapshot: Snapshot, time: PolicyInstant, minuteOfDay: Int, topology: CPUTopology? = nil,
        results: [EffectResult] = [], guarded: [CgroupID: GuardedCgroup] = [:]
    ) {
        self.snapshot = snapshot
        self.time = time
        self.minuteOfDay = minuteOfDay
        self.topology = topology
        self.results = results
        self.guarded = guarded
    }
}

/// What an OOM guard has taken over of a cgroup.
package struct GuardedCgroup: Hashable, Sendable {
    /// The guard's name.
    package var name: String
    /// Whether the guard keeps it frozen, so that no disruptive action of a rule may be done.
    package var isFrozen: Bool
    /// Values that only the guard may write now, such as `memory.max` while it is raised.
    package var values: Set<LimitKey>
    /// What the guard itself has set values to: its layer.
    package var settings: [LimitKey: LimitValue]
    /// What the guard itself keeps at or below a number (`memory.high`), where a stricter value of a
    /// lower layer still applies.
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

    /// Whether nobody else may write a value now.
    func owns(_ key: LimitKey) -> Bool {
        values.contains(key) || settings[key] != nil || bounds[key] != nil
    }
}

/// What is known of cgroups apart from their numbers; asked only by what needs it.
///
/// An implementation answers from memory where it can; it never blocks for long, and says nil for
/// what it does not know.
package protocol CgroupFacts: Sendable {
    /// How the machine mounts its hierarchies.
    var mode: HierarchyMode { get }
    /// Whether systemd runs the machine; true where nobody knows, as for a recording.
    var hasSystemd: Bool { get }
    /// Whether a controller is in a hierarchy of v1.
    func isLegacy(_ controller: Controller) -> Bool
    /// Whether I/O is counted by v1 and its root is seen, which has a line of each disk that is
    /// counted at all.
    var seesLegacyIORoot: Bool { get }
    /// The systemd unit that owns the cgroup.
    func unit(of cgroup: CgroupEntry) -> String?
    /// What the cgroup is known as: its container and pod.
    func identity(of cgroup: CgroupEntry) -> CgroupIdentity
    /// Whether the answers about a cgroup were found out; false while some are only what holds until
    /// then, so that they are to be asked for again.
    func isSettled(_ cgroup: CgroupEntry) -> Bool
    /// An extended attribute that may be trusted.
    func attribute(_ name: String, of cgroup: CgroupEntry) -> String?
    /// The directory's owner.
    func owner(of cgroup: CgroupEntry) -> UInt32?
    /// The command names of the members.
    func commands(of cgroup: CgroupEntry) -> Set<String>
    /// Why a disruptive action on the cgroup is refused (the protected set), nil if it is not.
    func refusal(of action: DisruptiveAction, on cgroup: CgroupEntry) -> String?
    /// Why an operator wants the cgroup left alone, nil if nobody does.
    func hold(on cgroup: CgroupEntry) -> String?
    /// The whole disk of a name such as `/dev/vda`, nil if the machine has none.
    func device(named name: String) -> InstanceKey?
}

extension CgroupFacts {
    /// Nobody knows.
    package var hasSystemd: Bool { true }
    /// Nobody knows, so a disk without a line had no I/O.
    package var seesLegacyIORoot: Bool { false }
    /// Nothing is found out later.
    package func isSettled(_ cgroup: CgroupEntry) -> Bool { true }
    /// As most machines of the mode have it.
    package func isLegacy(_ controller: Controller) -> Bool { mode != .v2 }
    /// No disk is known by its name; `MAJ:MIN` needs none.
    package func device(named name: String) -> InstanceKey? { nil }
}
