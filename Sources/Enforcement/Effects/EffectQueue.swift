internal import CgroupModel
internal import Policy

/// Effects that are waited for, being done or done, and in which order they may be.
///
/// One value type without a clock or a thread, so that every order can be tested.
struct EffectQueue {
    /// Effects that are done together: one, or the settings of several cgroups of one chain.
    struct Job: Hashable {
        let number: UInt64
        let effects: [Effect]
        /// Jobs that share one of these are done one after the other.
        let lanes: Set<Lane>

        /// Whether a thread does it; a hook has a process and the others take no time.
        var needsThread: Bool {
            switch effects[0].kind {
            case .hook, .notify, .log: false
            default: true
            }
        }
    }

    /// What only one job at a time may concern.
    enum Lane: Hashable {
        case cgroup(CgroupID)
        case chain(UInt64)
    }

    private struct Running {
        let job: Job
        /// In nanoseconds of the monotonic clock.
        var deadline: UInt64
        var isHung = false
    }

    let bounds: Enforcer.Bounds
    private var waiting: [Job] = []
    private var running: [UInt64: Running] = [:]
    private var results: [EffectResult] = []
    /// Chains of which an effect failed while others still wait.
    private var broken: Set<UInt64> = []
    private var lastNumber: UInt64 = 0

    init(bounds: Enforcer.Bounds) { self.bounds = bounds }

    /// Adds effects in their order.
    mutating func add(_ effects: [Effect]) {
        for group in Self.joined(effects) {
            guard waiting.count < bounds.waiting else {
                answer(group, .failed(.init("too many actions wait already; is the kernel stuck?")))
                continue
            }
            lastNumber += 1
            var lanes: Set<Lane> = []
            for effect in group {
                lanes.insert(.chain(effect.chain))
                lanes.insert(.cgroup(effect.target.cgroup))
            }
            waiting.append(Job(number: lastNumber, effects: group, lanes: lanes))
        }
    }

    /// Settings of one pool, or of one chain, on different cgroups belong together: all or none of
    /// them hold, and the kernel wants them in an order that only all of them tell.
    private static func joined(_ effects: [Effect]) -> [[Effect]] {
        var groups: [[Effect]] = []
        for effect in effects {
            let place = groups.lastIndex { $0[0].belongsTogether(with: effect) }
            if let place,
                !groups[place].contains(where: { $0.target.cgroup == effect.target.cgroup })
            {
                groups[place].append(effect)
            } else {
                groups.append([effect])
            }
        }
        return groups
    }

    /// Takes out what may begin now.
    mutating func startable(now: UInt64, patience: (Effect) -> Duration) -> [Job] {
        var started: [Job] = []
        var left: [Job] = []
        var taken = TakenLanes()
        for one in running.values where !one.isHung { taken.take(one.job) }
        for job in waiting {
            if taken.conflicts(with: job) {
                taken.take(job)
                left.append(job)
            } else if let outcome = reasonNotToStart(job) {
                answer(job.effects, outcome)
            } else if job.needsThread, freeThreads == 0 {
                taken.take(job)
                left.append(job)
            } else {
                let time = job.effects.map(patience).max() ?? .zero
                running[job.number] = Running(
                    job: job, deadline: now + Self.nanoseconds(bounds.deadline + time))
                taken.take(job)
                started.append(job)
            }
        }
        waiting = left
        broken.formIntersection(left.flatMap(\.effects).map(\.chain))
        return started
    }

    private func reasonNotToStart(_ job: Job) -> EffectResult.Outcome? {
        if job.effects.contains(where: { broken.contains($0.chain) }) { return .skipped }
        // What lets processes go on is tried nonetheless.
        guard job.needsThread, job.effects[0].kind != .thaw,
            job.effects.contains(where: { isQuarantined($0.target.cgroup) })
        else { return nil }
        return .vetoed("an earlier action on it has not returned")
    }

    /// Whether an action on a cgroup hangs.
    func isQuarantined(_ cgroup: CgroupID) -> Bool {
        running.values.contains { $0.isHung && $0.job.lanes.contains(.cgroup(cgroup)) }
    }

    private var freeThreads: Int {
        let onThreads = running.values.filter(\.job.needsThread)
        let abandoned = min(onThreads.count(where: \.isHung), bounds.abandoned)
        return max(0, bounds.threads - (onThreads.count - abandoned))
    }

    /// Gives a job more time.
    mutating func extend(_ number: UInt64, by time: Duration) {
        running[number]?.deadline += Self.nanoseconds(time)
    }

    /// Notes how a job ended; one that hung is answered a second time, and its cgroup is free again.
    mutating func finish(_ number: UInt64, _ outcomes: [EffectResult]) {
        guard let job = running.removeValue(forKey: number)?.job else { return }
        results += outcomes
        for effect in job.effects {
            guard let result = outcomes.first(where: { $0.id == effect.id }) else { continue }
            note(result.outcome, of: effect)
        }
    }

    /// Gives up waiting for what is overdue.
    mutating func giveUp(now: UInt64) {
        for (number, one) in running where !one.isHung && now >= one.deadline {
            running[number]?.isHung = true
            answer(one.job.effects, .hung)
        }
    }

    /// The results since the last time, by number.
    mutating func takeResults() -> [EffectResult] {
        defer { results = [] }
        return results.sorted { $0.id < $1.id }
    }

    /// Whether nothing waits or is being done.
    var isIdle: Bool { waiting.isEmpty && running.isEmpty }

    private mutating func answer(_ effects: [Effect], _ outcome: EffectResult.Outcome) {
        for effect in effects {
            results.append(EffectResult(id: effect.id, outcome: outcome))
            note(outcome, of: effect)
        }
    }

    private mutating func note(_ outcome: EffectResult.Outcome, of effect: Effect) {
        if outcome.endsChain, !effect.continuesOnError || outcome.isHookVeto(effect) {
            broken.insert(effect.chain)
        }
    }

    private static func nanoseconds(_ time: Duration) -> UInt64 {
        let (seconds, attoseconds) = time.components
        return UInt64(clamping: seconds) * 1_000_000_000
            + UInt64(clamping: attoseconds / 1_000_000_000)
    }
}

/// What jobs that are under way, or come first, concern.
private struct TakenLanes {
    private var lanes: Set<EffectQueue.Lane> = []
    /// Where values are changed, and all cgroups above those.
    private var paths: Set<CgroupPath> = []
    private var above: Set<CgroupPath> = []

    mutating func take(_ job: EffectQueue.Job) {
        lanes.formUnion(job.lanes)
        for path in job.changedPaths {
            paths.insert(path)
            above.formUnion(path.ancestors)
        }
    }

    /// Values of a cgroup and of one above it are changed one after the other, in the order in
    /// which the engine wants them: the kernel compares them.
    func conflicts(with job: EffectQueue.Job) -> Bool {
        !lanes.isDisjoint(with: job.lanes)
            || job.changedPaths.contains { path in
                above.contains(path) || path.ancestors.contains(where: paths.contains)
            }
    }
}

extension EffectQueue.Job {
    fileprivate var changedPaths: [CgroupPath] {
        switch effects[0].kind {
        case .set, .restore: effects.map(\.target.path)
        default: []
        }
    }
}

extension CgroupPath {
    fileprivate var ancestors: [CgroupPath] {
        Array(sequence(first: self) { $0.parent }.dropFirst())
    }
}

extension Effect {
    fileprivate func belongsTogether(with other: Effect) -> Bool {
        guard case .set = kind, case .set = other.kind, isDryRun == other.isDryRun else {
            return false
        }
        if case .pool = origin { return origin == other.origin }
        return chain == other.chain
    }
}

extension EffectResult.Outcome {
    /// A hook that says no to what comes after it, which is no error to go on after.
    fileprivate func isHookVeto(_ effect: Effect) -> Bool {
        if case .hook = effect.kind, case .vetoed = self { return true }
        return false
    }
}
