public import CgroupModel
internal import KernelIO

/// What this machine's cgroups are known as: what their paths tell, and what container runtimes
/// have written down.
///
/// Asking never waits: runtimes' files are read in the background, on an allowance of their owner
/// (``FactGatherer``), and a cgroup is known by its path until then. What a runtime has not written
/// yet is looked for again, after 1 s, 2 s, 4 s and so on up to ten minutes; what it has, every ten
/// minutes, since containers can be renamed.
public final class Identities: Sendable {
    private struct Known: Sendable {
        let path: CgroupPath
        var identity: CgroupIdentity
        /// How often it was looked for in vain.
        var failures = 0
        var isComplete = false

        /// Seconds until it is looked for again.
        var lifetime: Double {
            guard RuntimeState.mayKnow(identity) else { return 1e9 }
            return isComplete || failures > 10 ? 600 : Double(1 << max(failures - 1, 0))
        }
    }

    private let state: RuntimeState
    private let owner: @Sendable (CgroupPath) -> UInt32?
    private let gatherer: FactGatherer
    private let known: GatheredFacts<CgroupID, Known>
    /// What one look may read of a user's files, and of the machine's own.
    private static let mostOfLook = (user: 1 << 20, root: 1 << 28)

    /// Looks into the state of a machine's runtimes; `isOnce` for a command that ends.
    public convenience init(_ set: HierarchySet, isOnce: Bool = false) {
        self.init(set.system, FactGatherer("cgw-names", isOnce: isOnce)) { path in
            set.owner(above: path)
        }
    }

    /// Those of a command that ends, with what can be found out while a person waits.
    public static func settled(_ set: HierarchySet, _ cgroups: [CgroupEntry]) -> Identities {
        let identities = Identities(set, isOnce: true)
        identities.settle(cgroups)
        return identities
    }

    /// `owner` tells who owns the directory that a cgroup is in, and may thus have made it.
    init(
        _ system: SystemRoot, _ gatherer: FactGatherer,
        owner: @escaping @Sendable (CgroupPath) -> UInt32?
    ) {
        state = RuntimeState(system)
        self.owner = owner
        self.gatherer = gatherer
        known = GatheredFacts(by: gatherer) { $0.lifetime }
    }

    /// What a cgroup is known as now.
    public func identity(of cgroup: CgroupEntry) -> CgroupIdentity {
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
        // v1 lets a cgroup be renamed; no runtime does.
        return found.path == path ? found.identity : CgroupIdentity(path)
    }

    /// Whether the runtimes' files were looked into for a cgroup that somebody asked for.
    public func isSettled(_ cgroup: CgroupEntry) -> Bool { known.isSettled(cgroup.id) }

    /// Asks for all of them, and waits until that is done, as a person would wait; at most for a time,
    /// whatever is in the files.
    public func settle(_ cgroups: [CgroupEntry], within time: Duration = .seconds(2)) {
        for cgroup in cgroups { _ = identity(of: cgroup) }
        _ = gatherer.waitUntilIdle(within: time)
    }

    private func look(
        _ old: Known, _ user: UInt32, _ now: UInt64
    ) -> (GatheredFacts<CgroupID, Known>.Outcome, bytes: Int) {
        // Whoever owns the directory above may give a cgroup any name, also that of another's.
        let maker = owner(old.path) ?? 0
        let account = maker == 0 || maker == Caller.user ? old.identity.user ?? 0 : maker
        guard account == user else { return (.belongs(to: account), 0) }
        let look = Look(
            at: now, most: account == 0 ? Self.mostOfLook.root : Self.mostOfLook.user)
        var identity = CgroupIdentity(old.path)
        let isComplete = state.complete(&identity, of: account, look)
        guard isComplete || !look.isCutShort else { return (.cutShort, look.bytes) }
        var result = old
        // What was known of a container stays true when its files go before its cgroup does.
        if isComplete || !old.isComplete { result.identity = identity }
        result.failures = isComplete ? 0 : old.failures + 1
        result.isComplete = isComplete || old.isComplete
        return (.found(result), look.bytes)
    }
}

extension HierarchySet {
    /// Who owns the directory that a cgroup is in, in the tree that names its identity; nil if it
    /// cannot be told.
    func owner(above path: CgroupPath) -> UInt32? {
        for index in byIdentity {
            let above = path.parent ?? .root
            let place = hierarchies[index].directory + (above.isRoot ? [] : above.bytes)
            if let directory = try? OwnedDescriptor.directory(place) { return directory.owner }
        }
        return nil
    }
}
