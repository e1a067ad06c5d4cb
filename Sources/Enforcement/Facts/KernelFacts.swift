public import Actuation
public import CgroupModel
public import Hierarchy
internal import KernelIO
internal import Synchronization
public import Policy

/// What this machine tells of its cgroups.
///
/// Everything is remembered by the cgroup's identity: what cannot change for as long as the cgroup
/// lives, the rest for a few seconds, so that a tick costs next to nothing.
public final class KernelFacts: CgroupFacts {
    /// How the machine mounts its hierarchies.
    public let mode: Policy.HierarchyMode
    /// Whether systemd runs this machine (sd_booted(3)).
    public let hasSystemd: Bool
    /// Whether v1 counts I/O, and its root tells on which disks.
    public let seesLegacyIORoot: Bool

    private let set: HierarchySet
    private let protected: ProtectedSet
    private let holds: HoldList?
    private let units: UnitLookup
    private let identities: Identities
    private let members = FactGatherer("cgw-members")
    private let names: GatheredFacts<CgroupID, Set<String>>
    private let owners = FactCache<CgroupID, UInt32?>(seconds: 10)
    private let attributes = FactCache<CgroupID, [String: String]>(seconds: 10)
    private let refusals: [DisruptiveAction: FactCache<CgroupID, String?>]
    private let holdings = FactCache<CgroupID, String?>(seconds: 1)
    private let wantedAttributes: [String]
    private let disks = Mutex<[String: (number: InstanceKey?, found: UInt64)]>([:])

    /// Looks at a machine; without connections to systemd a unit is what the path says.
    ///
    /// `isOnce` is for a command that ends.
    public init(
        set: HierarchySet, policy: PolicyDocument, holds: HoldList?,
        connections: SystemdConnections?, identities: Identities, isOnce: Bool = false
    ) {
        self.set = set
        self.identities = identities
        self.holds = holds
        hasSystemd = OwnershipProbe.isSystemdRunning(on: set.system)
        seesLegacyIORoot = set.seesLegacyIORoot
        mode =
            switch set.mode {
            case .legacy: .v1
            case .hybrid: .hybrid
            case .unified: .v2
            }
        protected = ProtectedSet(set: set, protection: policy.protection)
        units = UnitLookup(set: set, connections: connections, isOnce: isOnce)
        names = GatheredFacts(by: members) { _ in 3 }
        wantedAttributes = Array(Swift.Set(policy.groups.flatMap(\.attributes.keys))).sorted()
        refusals = Dictionary(
            uniqueKeysWithValues: DisruptiveAction.allCases.map {
                ($0, FactCache<CgroupID, String?>(seconds: 2))
            })
    }

    /// Whether a controller is in a hierarchy of v1.
    public func isLegacy(_ controller: Controller) -> Bool { set.legacy(controller) != nil }

    /// The systemd unit that owns the cgroup.
    public func unit(of cgroup: CgroupEntry) -> String? { units.unit(of: cgroup) }

    /// What the cgroup is known as: by its path, and to its runtime.
    public func identity(of cgroup: CgroupEntry) -> CgroupIdentity {
        identities.identity(of: cgroup)
    }

    /// Whether everything that was asked about a cgroup was looked for.
    public func isSettled(_ cgroup: CgroupEntry) -> Bool {
        identities.isSettled(cgroup) && units.isSettled(cgroup) && names.isSettled(cgroup.id)
    }

    /// Asks for all that the groups of a policy name, and waits until that is found out, as a person
    /// would wait; at most for a time.
    public func settle(
        _ cgroups: [CgroupEntry], for policy: PolicyDocument, within time: Duration = .seconds(2)
    ) {
        let deadline = Deadline(after: time)
        let groups = policy.groups
        for cgroup in cgroups {
            if groups.contains(where: { $0.unit != nil }) { _ = unit(of: cgroup) }
            if groups.contains(where: { $0.command != nil }) { _ = commands(of: cgroup) }
        }
        let hasContainers = groups.contains { $0.container != nil }
        if hasContainers { identities.settle(cgroups, within: time) }
        units.settle(within: .milliseconds(deadline.milliseconds))
        _ = members.waitUntilIdle(within: .milliseconds(deadline.milliseconds))
    }

    /// An extended attribute: `trusted.*`, which only root can set, or `user.cgwarden.*` of a
    /// directory that is root's or our own.
    public func attribute(_ name: String, of cgroup: CgroupEntry) -> String? {
        let known = attributes.value(of: cgroup.id) {
            var found: [String: String] = [:]
            for name in wantedAttributes { found[name] = read(name, of: cgroup) }
            return found
        }
        return wantedAttributes.contains(name) ? known[name] : read(name, of: cgroup)
    }

    private func read(_ name: String, of cgroup: CgroupEntry) -> String? {
        let isUsers = name.hasPrefix("user.cgwarden.")
        guard isUsers || name.hasPrefix("trusted.") else { return nil }
        for directory in directories(of: cgroup) {
            if isUsers, directory.owner != 0, directory.owner != Caller.user { continue }
            if let bytes = directory.attribute(name) {
                return String(decoding: bytes, as: UTF8.self)
            }
        }
        return nil
    }

    /// The directory's owner.
    public func owner(of cgroup: CgroupEntry) -> UInt32? {
        owners.value(of: cgroup.id) { directories(of: cgroup).first?.owner }
    }

    /// The command names of its own members in any tree.
    public func commands(of cgroup: CgroupEntry) -> Set<String> {
        names.value(of: cgroup.id, on: 0) {
            ([], isFinal: false)
        } find: { [self] _, _ in
            (.found(commandsNow(of: cgroup)), bytes: 0)
        }
    }

    /// A cgroup may have any number of processes.
    private func commandsNow(of cgroup: CgroupEntry) -> Set<String> {
        var found: Set<String> = []
        for directory in directories(of: cgroup) {
            for pid in directory.members where pid > 0 {
                guard let text = try? ReadBuffer.contents(of: set.system.proc("\(pid)/comm"))
                else { continue }
                found.insert(CgroupPath.text(text.prefix { $0 != 0x0a }))
            }
        }
        return found
    }

    /// Why a disruptive action on the cgroup is refused; who does it asks again.
    public func refusal(of action: DisruptiveAction, on cgroup: CgroupEntry) -> String? {
        let find = { self.protected.refusal(of: Action(action), on: cgroup.path) }
        return refusals[action].map { $0.value(of: cgroup.id, find: find) } ?? find()
    }

    /// Why an operator wants the cgroup left alone.
    public func hold(on cgroup: CgroupEntry) -> String? {
        holdings.value(of: cgroup.id) {
            (try? holds?.hold(of: cgroup.path)).map { "held by an operator (\($0.path))" }
        }
    }

    /// The whole disk of a name; looked up again after half a minute, for disks come and go.
    public func device(named name: String) -> InstanceKey? {
        let now = MonotonicClock.nanoseconds
        if let known = disks.withLock({ $0[name] }), now - known.found < 30_000_000_000 {
            return known.number
        }
        let number = (try? DiskLookup(system: self.set.system).disk(name))?.number
        disks.withLock { $0[name] = (number, now) }
        return number
    }

    /// The directories of a cgroup in the trees that have it, if the first is the one that is meant.
    private func directories(of cgroup: CgroupEntry) -> [FactDirectory] {
        var found: [FactDirectory] = []
        for index in set.byIdentity {
            guard let directory = FactDirectory(cgroup.path, in: set.hierarchies[index]) else {
                continue
            }
            if found.isEmpty, directory.inode != cgroup.id.inode { return [] }
            found.append(directory)
        }
        return found
    }
}

/// An open directory of a cgroup.
private final class FactDirectory {
    private let descriptor: OwnedDescriptor

    init?(_ path: CgroupPath, in hierarchy: MountedHierarchy) {
        guard let opened = try? hierarchy.open(path) else { return nil }
        descriptor = opened
    }

    var inode: UInt64 { descriptor.inode }
    var owner: UInt32? { descriptor.owner }
    var members: [Int32] {
        (try? ControlFile.read("cgroup.procs", in: descriptor)).map { ProcessIDs.parse($0) } ?? []
    }
    func attribute(_ name: String) -> [UInt8]? { descriptor.attribute(name) }
}

extension Action {
    init(_ action: DisruptiveAction) {
        self =
            switch action {
            case .freeze: .freeze
            case .kill: .kill
            case .reclaim: .reclaim
            case .pin: .pin
            case .limit: .limit
            }
    }
}
