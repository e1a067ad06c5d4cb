public import CgroupModel
internal import KernelIO
internal import Synchronization

/// What this machine's cgroups are known as: what their paths tell, and what container runtimes
/// have written down.
///
/// Remembered by the cgroup's identity. What a runtime has not written yet is looked for again, after
/// 1 s, 2 s, 4 s and so on up to ten minutes; what it has, every ten minutes, since containers can be
/// renamed. No sweep looks for more than a few, so that none is late.
public final class Identities: Sendable {
    private struct Known: Sendable {
        let path: CgroupPath
        var identity: CgroupIdentity
        /// How often it was looked for in vain.
        var failures = 0
        /// Nil before the first look.
        var isComplete: Bool?
    }

    private let state: RuntimeState
    private let known = FactCache<CgroupID, Known> { known in
        guard RuntimeState.mayKnow(known.identity) else { return 1e9 }
        guard let isComplete = known.isComplete else { return 0 }
        return isComplete || known.failures > 10 ? 600 : Double(1 << (known.failures - 1))
    }
    private let looksPerSecond: Int
    private let looks = Mutex((second: UInt64(0), count: 0))

    /// For who samples once and ends: all are looked for at once.
    public static func all(_ system: SystemRoot) -> Identities {
        Identities(system, looksPerSecond: .max)
    }

    /// Looks into the state of a machine's runtimes.
    public init(_ system: SystemRoot, looksPerSecond: Int = 200) {
        state = RuntimeState(system)
        self.looksPerSecond = looksPerSecond
    }

    /// What a cgroup is known as.
    public func identity(of cgroup: CgroupEntry) -> CgroupIdentity {
        identity(of: cgroup, at: MonotonicClock.nanoseconds)
    }

    func identity(of cgroup: CgroupEntry, at now: UInt64) -> CgroupIdentity {
        let found = known.value(of: cgroup.id, at: now) { old in look(cgroup.path, old, now) }
        // v1 lets a cgroup be renamed; no runtime does.
        return found.path == cgroup.path ? found.identity : CgroupIdentity(cgroup.path)
    }

    private func look(_ path: CgroupPath, _ old: Known?, _ now: UInt64) -> Known {
        var result = old ?? Known(path: path, identity: CgroupIdentity(path))
        guard RuntimeState.mayKnow(result.identity), mayLook(now) else { return result }
        var identity = CgroupIdentity(result.path)
        let isComplete = state.complete(&identity, at: now)
        // What was known of a container stays true when its files go before its cgroup does.
        if isComplete || result.isComplete != true { result.identity = identity }
        result.failures = isComplete ? 0 : result.failures + 1
        result.isComplete = isComplete || result.isComplete == true
        return result
    }

    private func mayLook(_ now: UInt64) -> Bool {
        looks.withLock { looks in
            let second = now / 1_000_000_000
            if looks.second != second { looks = (second, 0) }
            looks.count += 1
            return looks.count <= looksPerSecond
        }
    }
}
