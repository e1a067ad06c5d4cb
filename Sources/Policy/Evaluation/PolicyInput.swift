public import CgroupModel

/// An instant of the clock that goes on in suspend (CLOCK_BOOTTIME), in nanoseconds.
public struct PolicyInstant: Hashable, Sendable, Comparable {
    /// Nanoseconds since the machine started.
    public var nanoseconds: UInt64

    /// Takes nanoseconds.
    public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// Earlier is less.
    public static func < (left: PolicyInstant, right: PolicyInstant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The time from another instant to this one; negative if that was later.
    public func since(_ other: PolicyInstant) -> Duration {
        .nanoseconds(Int64(nanoseconds) - Int64(other.nanoseconds))
    }

    /// The instant after a time.
    public func advanced(by time: Duration) -> PolicyInstant {
        PolicyInstant(nanoseconds: nanoseconds + time.nanoseconds)
    }
}

/// All that one tick knows: nothing else changes what the engine decides.
public struct PolicyInput: Sendable {
    /// The cgroups and the machine.
    public var snapshot: Snapshot
    /// When the snapshot was taken.
    public var time: PolicyInstant
    /// Minutes after local midnight, for `during`; microseconds since 1970 are in the snapshot.
    public var minuteOfDay: Int
    /// The CPUs, for pools; nil if unknown.
    public var topology: CPUTopology?
    /// What became of earlier effects.
    public var results: [EffectResult]
    /// The cgroups that an OOM guard has in its hands, for nothing here may cross it.
    public var guarded: [CgroupID: GuardedCgroup]

    /// Joins the parts.
    public init(
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
public struct GuardedCgroup: Hashable, Sendable {
    /// The guard's name.
    public var name: String
    /// Whether the guard keeps it frozen, so that no disruptive action of a rule may be done.
    public var isFrozen: Bool
    /// Values that only the guard may write now, such as `memory.max` while it is raised.
    public var values: Set<LimitKey>
    /// What the guard itself has set values to: its layer.
    public var settings: [LimitKey: LimitValue]
    /// What the guard itself keeps at or below a number (`memory.high`), where a stricter value of a
    /// lower layer still applies.
    public var bounds: [LimitKey: LimitValue]

    /// Joins the parts.
    public init(
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
public protocol CgroupFacts: Sendable {
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
    public var hasSystemd: Bool { true }
    /// Nobody knows, so a disk without a line had no I/O.
    public var seesLegacyIORoot: Bool { false }
    /// Nothing is found out later.
    public func isSettled(_ cgroup: CgroupEntry) -> Bool { true }
    /// As most machines of the mode have it.
    public func isLegacy(_ controller: Controller) -> Bool { mode != .v2 }
    /// No disk is known by its name; `MAJ:MIN` needs none.
    public func device(named name: String) -> InstanceKey? { nil }
}

/// What may hurt who lives in a cgroup.
public enum DisruptiveAction: String, Hashable, Sendable, CaseIterable {
    case freeze, kill, reclaim, pin
    /// Lowering memory.max, memory.high, cpu.max, pids.max or an I/O rate.
    case limit
}
