package import CgroupModel
internal import KernelIO

/// The identities of this host's cgroups, from their paths and from container runtimes' state
/// files.
///
/// A lookup never waits. State files are read in the background on the allowance of their owner
/// (``FactGatherer``); until then, a cgroup is identified by its path alone. If a runtime has not
/// recorded a container yet, the lookup repeats after 1 s, 2 s, 4 s and so on, up to ten minutes.
/// Known containers are looked up every ten minutes, because they can be renamed.
package final class Identities: Sendable {
    private struct Known: Sendable {
        let path: CgroupPath
        var identity: CgroupIdentity
        /// The number of unsuccessful searches.
        var failures = 0
        var isComplete = false

        /// The seconds until the next search.
        var lifetime: Double {
            guard RuntimeState.mayKnow(identity) else { return 1e9 }
            return isComplete || failures > 10 ? 600 : Double(1 << max(failures - 1, 0))
        }
    }

    private let state: RuntimeState
    private let owner: @Sendable (CgroupPath) -> UInt32?
    private let gatherer: FactGatherer
    private let known: GatheredFacts<CgroupID, Known>
    /// The maximum bytes that one search reads of a user's files, and of root's.
    private static let mostOfLook = (user: 1 << 20, root: 1 << 28)

    /// Uses the runtime state of a host; `isOnce` is for a one-shot command.
    package convenience init(_ set: HierarchySet, isOnce: Bool = false) {
        self.init(set.system, FactGatherer("cgw-names", isOnce: isOnce)) { path in
            set.owner(above: path)
        }
    }

    /// The identities for a one-shot command, after waiting for those that can be found within 2 s.
    package static func settled(_ set: HierarchySet, _ cgroups: [CgroupEntry]) -> Identities {
        let identities = Identities(set, isOnce: true)
        identities.settle(cgroups)
        return identities
    }

    /// Creates identities; `owner` returns the owner of a cgroup's parent directory, who may have
    /// created the cgroup.
    init(
        _ system: SystemRoot, _ gatherer: FactGatherer,
        owner: @escaping @Sendable (CgroupPath) -> UInt32?
    ) {
        state = RuntimeState(system)
        self.owner = owner
        self.gatherer = gatherer
        known = GatheredFacts(by: gatherer) { $0.lifetime }
    }

    /// The identity of a cgroup as known now.
    package func identity(of cgroup: CgroupEntry) -> CgroupIdentity {
        identity(of: cgroup, at: MonotonicClock.nanoseconds)
    }

    func identity(of cgroup: CgroupEntry, at now: UInt64) -> CgroupIdentity {
        let path = cgroup.path
        let found = known.value(of: cgroup.id, at: now, on: 0) {
            let identity = CgroupIdentity(path)
            return (Known(path: path, identity: identity), !RuntimeState.mayKnow(identity))
        } find: { [self] known, user in
            look(known, user, now)
        }
        // v1 allows renaming a cgroup; no runtime does that.
        return found.path == path ? found.identity : CgroupIdentity(path)
    }

    /// Whether the search for a cgroup is done; true if it was never looked up.
    package func isSettled(_ cgroup: CgroupEntry) -> Bool { known.isSettled(cgroup.id) }

    /// Starts the search for all cgroups, and waits until it is done or the time is over.
    package func settle(_ cgroups: [CgroupEntry], within time: Duration = .seconds(2)) {
        for cgroup in cgroups { _ = identity(of: cgroup) }
        _ = gatherer.waitUntilIdle(within: time)
    }

    private func look(
        _ old: Known, _ user: UInt32, _ now: UInt64
    ) -> (GatheredFacts<CgroupID, Known>.Outcome, bytes: Int) {
        // The owner of the parent directory can give a cgroup any name, even that of another user's
        // cgroup.
        let maker = owner(old.path) ?? 0
        let account = maker == 0 || maker == ThisProcess.user ? old.identity.user ?? 0 : maker
        guard account == user else { return (.belongs(to: account), 0) }
        let look = Look(
            at: now, most: account == 0 ? Self.mostOfLook.root : Self.mostOfLook.user)
        var identity = CgroupIdentity(old.path)
        let isComplete = state.complete(&identity, of: account, look)
        guard isComplete || !look.isCutShort else { return (.cutShort, look.bytes) }
        var result = old
        // A container's runtime files may be removed before its cgroup is; what was known remains
        // true.
        if isComplete || !old.isComplete { result.identity = identity }
        result.failures = isComplete ? 0 : old.failures + 1
        result.isComplete = isComplete || old.isComplete
        return (.found(result), look.bytes)
    }
}

extension HierarchySet {
    /// The owner of a cgroup's parent directory, in the hierarchy that determines its identity.
    ///
    /// Nil if it cannot be determined.
    func owner(above path: CgroupPath) -> UInt32? {
        for index in byIdentity {
            let above = path.parent ?? .root
            let place = hierarchies[index].directory + (above.isRoot ? [] : above.bytes)
            if let directory = try? OwnedDescriptor.directory(place) { return directory.owner }
        }
        return nil
    }
}
