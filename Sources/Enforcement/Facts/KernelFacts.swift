package import Actuation
package import CgroupModel
package import Hierarchy
internal import KernelIO
internal import Policy
package import PolicyLanguage
internal import Synchronization

/// The facts about this host's cgroups.
///
/// They are cached by cgroup identity: permanent facts while the cgroup exists, the others for
/// seconds. A tick therefore costs almost nothing.
package final class KernelFacts: CgroupFacts {
    /// The cgroup mode of the host.
    package let mode: HierarchyMode
    /// Whether systemd runs on this host (sd_booted(3)).
    package let hasSystemd: Bool
    /// Whether I/O is on v1 and the visible root cgroup has a line for each disk that is counted.
    package let seesLegacyIORoot: Bool

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

    /// Reads the facts of a host; without connections to systemd, units come from paths.
    ///
    /// `isOnce` is for a command that exits after one evaluation.
    package init(
        set: HierarchySet, policy: PolicyDocument, holds: HoldList?,
        connections: SystemdConnections?, identities: Identities, isOnce: Bool = false
    ) {
        self.set = set
        self.identities = identities
        self.holds = holds
        hasSystemd = OwnershipProbe.isSystemdRunning(on: set.system)
        seesLegacyIORoot = set.seesLegacyIORoot
        mode = set.mode
        protected = ProtectedSet(set, policy.protection)
        units = UnitLookup(set: set, connections: connections, isOnce: isOnce)
        names = GatheredFacts(by: members) { _ in 3 }
        wantedAttributes = Array(Swift.Set(policy.groups.flatMap(\.attributes.keys))).sorted()
        refusals = Dictionary(
            uniqueKeysWithValues: DisruptiveAction.allCases.map {
                ($0, FactCache<CgroupID, String?>(seconds: 2))
            })
    }

    /// Whether a controller is in a v1 hierarchy.
    package func isLegacy(_ controller: Controller) -> Bool { set.legacy(controller) != nil }

    /// The systemd unit that owns the cgroup.
    package func unit(of cgroup: CgroupEntry) -> String? { units.unit(of: cgroup) }

    /// The identity of the cgroup, from its path and its runtime.
    package func identity(of cgroup: CgroupEntry) -> CgroupIdentity {
        identities.identity(of: cgroup)
    }

    /// Whether all requested facts of a cgroup have been looked up.
    package func isSettled(_ cgroup: CgroupEntry) -> Bool {
        identities.isSettled(cgroup) && units.isSettled(cgroup) && names.isSettled(cgroup.id)
    }

    /// Requests all facts that the policy's groups use, and waits for them up to `time`.
    package func settle(
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

    /// Returns an extended attribute: `trusted.*`, which only root can set, or `user.cgwarden.*`.
    ///
    /// The latter count only on directories that root or this process's user owns.
    package func attribute(_ name: String, of cgroup: CgroupEntry) -> String? {
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
            if isUsers, directory.owner != 0, directory.owner != ThisProcess.user { continue }
            if let bytes = directory.attribute(name) {
                return String(decoding: bytes, as: UTF8.self)
            }
        }
        return nil
    }

    /// Returns the user ID that owns the directory.
    package func owner(of cgroup: CgroupEntry) -> UInt32? {
        owners.value(of: cgroup.id) { directories(of: cgroup).first?.owner }
    }

    /// Returns the command names of its own members in all hierarchies; empty until they are
    /// gathered.
    package func commands(of cgroup: CgroupEntry) -> Set<String> {
        names.value(of: cgroup.id, on: 0) {
            ([], isFinal: false)
        } find: { [self] _, _ in
            (.found(commandsNow(of: cgroup)), bytes: 0)
        }
    }

    /// Reads the command names in the background, because a cgroup may have any number of
    /// processes.
    private func commandsNow(of cgroup: CgroupEntry) -> Set<String> {
        var found: Set<String> = []
        for directory in directories(of: cgroup) {
            for pid in directory.members where pid > 0 {
                guard let name = CommandName.read(in: set.system.proc("\(pid)")) else { continue }
                found.insert(CgroupPath.text(name[...]))
            }
        }
        return found
    }

    /// Returns why a disruptive action is refused; nil if it is allowed.
    ///
    /// The answer is cached for 2 s, and the action itself checks again.
    package func refusal(of action: DisruptiveAction, on cgroup: CgroupEntry) -> String? {
        let find = { self.protected.refusal(of: action, on: cgroup.path) }
        return refusals[action].map { $0.value(of: cgroup.id, find: find) } ?? find()
    }

    /// Returns an operator's hold on the cgroup; nil if there is none.
    package func hold(on cgroup: CgroupEntry) -> String? {
        holdings.value(of: cgroup.id) { holds?.obstacle(on: cgroup.path) }
    }

    /// Returns the whole disk that a name refers to, cached for 30 s, because disks can change.
    package func device(named name: String) -> InstanceKey? {
        let now = MonotonicClock.nanoseconds
        if let known = disks.withLock({ $0[name] }), now - known.found < 30_000_000_000 {
            return known.number
        }
        let number = (try? DiskLookup(system: self.set.system).disk(name))?.number
        disks.withLock { $0[name] = (number, now) }
        return number
    }

    /// Returns a cgroup's directories in the hierarchies that have it.
    ///
    /// Empty if the first one has another inode.
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
