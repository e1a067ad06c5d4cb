internal import CgroupModel
internal import Policy

/// The queue of effects, which decides their order and keeps their results.
///
/// It is a value type without a clock or threads, so that every order can be tested.
struct EffectQueue {
    /// Effects performed together: a single one, or the settings of several cgroups of one chain or
    /// pool.
    struct Job: Hashable {
        let number: UInt64
        let effects: [Effect]
        /// Jobs that share a lane run one after the other.
        let lanes: Set<Lane>

        /// Whether it needs a thread; hooks have a process, and notices and logs take no time.
        var needsThread: Bool {
            switch effects[0].kind {
            case .hook, .notify, .log: false
            default: true
            }
        }
    }

    /// An object that only one job at a time may affect.
    enum Lane: Hashable {
        case cgroup(CgroupID)
        case chain(UInt64)
    }

    private struct Running {
        let job: Job
        /// The deadline in nanoseconds of the monotonic clock.
        var deadline: UInt64
        var isHung = false
    }

    private struct Waiting {
        let job: Job
        /// The number of unfinished jobs that must run first.
        var predecessors: Int
    }

    let bounds: Enforcer.Bounds
    /// Whether hooks may start; their effects fail otherwise.
    var startsHooks = true
    private var waiting: [UInt64: Waiting] = [:]
    private var running: [UInt64: Running] = [:]
    private var places = TakenPlaces()
    /// The jobs that wait for each job.
    private var followers: [UInt64: [UInt64]] = [:]
    /// The jobs that may start; those that need a thread wait for a free one.
    private var ready = ReadyJobs()
    private var results: [EffectResult] = []
    /// The number of waiting jobs in each chain.
    private var chains: [UInt64: Int] = [:]
    /// Chains with a failed effect and waiting jobs.
    private var broken: Set<UInt64> = []
    private var lastNumber: UInt64 = 0

    init(bounds: Enforcer.Bounds) { self.bounds = bounds }

    /// Adds effects in order.
    mutating func add(_ effects: [Effect]) {
        for group in Self.joined(effects) {
            guard waiting.count < bounds.waiting else {
                answer(group, .failed(.init("too many actions are queued; is the kernel stuck?")))
                continue
            }
            lastNumber += 1
            var lanes: Set<Lane> = []
            for effect in group {
                lanes.insert(.chain(effect.chain))
                lanes.insert(.cgroup(effect.target.cgroup))
            }
            enqueue(Job(number: lastNumber, effects: group, lanes: lanes))
        }
    }

    /// Groups the settings of one pool or chain on different cgroups.
    ///
    /// They are applied together, because the kernel requires an order that depends on all of them.
    private static func joined(_ effects: [Effect]) -> [[Effect]] {
        var groups: [[Effect]] = []
        var last: [Effect.Bond: (place: Int, cgroups: Set<CgroupID>)] = [:]
        for effect in effects {
            guard let bond = effect.bond else {
                groups.append([effect])
                continue
            }
            let cgroup = effect.target.cgroup
            if let place = last[bond]?.place, last[bond]?.cgroups.insert(cgroup).inserted == true {
                groups[place].append(effect)
            } else {
                last[bond] = (groups.count, [cgroup])
                groups.append([effect])
            }
        }
        return groups
    }

    private mutating func enqueue(_ job: Job) {
        let predecessors = places.take(job)
        for number in predecessors { followers[number, default: []].append(job.number) }
        waiting[job.number] = Waiting(job: job, predecessors: predecessors.count)
        for chain in job.chains { chains[chain, default: 0] += 1 }
        if predecessors.isEmpty { ready.add(job) }
    }

    /// Releases a finished job's lanes, which makes its followers ready.
    private mutating func release(_ job: Job) {
        places.release(job)
        for number in followers.removeValue(forKey: job.number) ?? [] {
            waiting[number]?.predecessors -= 1
            if let next = waiting[number], next.predecessors == 0 { ready.add(next.job) }
        }
    }

    private mutating func dequeue(_ number: UInt64) -> Job? {
        guard let job = waiting.removeValue(forKey: number)?.job else { return nil }
        for chain in job.chains {
            let left = (chains[chain] ?? 1) - 1
            chains[chain] = left == 0 ? nil : left
        }
        return job
    }

    /// Removes and returns the jobs that may start now.
    mutating func startable(now: UInt64, patience: (Effect) -> Duration) -> [Job] {
        var started: [Job] = []
        while let number = ready.next(hasThread: freeThreads > 0) {
            guard let job = dequeue(number) else { continue }
            if let outcome = reasonNotToStart(job) {
                answer(job.effects, outcome)
                release(job)
            } else {
                let time = job.effects.map(patience).max() ?? .zero
                running[job.number] = Running(
                    job: job, deadline: now + (bounds.deadline + time).nanoseconds)
                started.append(job)
            }
            for chain in job.chains where chains[chain] == nil { broken.remove(chain) }
        }
        return started
    }

    /// Skips the effects that have not started, except undos and thaws.
    mutating func dropWaiting() {
        for number in waiting.keys.sorted() {
            guard let effects = waiting[number]?.job.effects,
                !effects.contains(where: { $0.isUndo || $0.kind == .thaw }),
                let job = dequeue(number)
            else { continue }
            answer(effects, .skipped)
            release(job)
        }
    }

    private func reasonNotToStart(_ job: Job) -> EffectResult.Outcome? {
        if !job.chains.isDisjoint(with: broken) { return .skipped }
        if !startsHooks, case .hook = job.effects[0].kind {
            return .failed(.init("the daemon is stopping; no hooks are started"))
        }
        // A thaw is attempted even on a quarantined cgroup.
        guard job.needsThread, job.effects[0].kind != .thaw,
            job.effects.contains(where: { isQuarantined($0.target.cgroup) })
        else { return nil }
        return .vetoed("an earlier action on it has not returned")
    }

    /// Whether an action on a cgroup is hung.
    func isQuarantined(_ cgroup: CgroupID) -> Bool {
        running.values.contains { $0.isHung && $0.job.lanes.contains(.cgroup(cgroup)) }
    }

    private var freeThreads: Int {
        let onThreads = running.values.filter(\.job.needsThread)
        let abandoned = min(onThreads.count(where: \.isHung), bounds.abandoned)
        return max(0, bounds.threads - (onThreads.count - abandoned))
    }

    /// Extends a job's deadline.
    mutating func extend(_ number: UInt64, by time: Duration) {
        running[number]?.deadline += time.nanoseconds
    }

    /// Stores the results of a job.
    ///
    /// A hung job gets its second result this way, which also ends the cgroup's quarantine.
    mutating func finish(_ number: UInt64, _ outcomes: [EffectResult]) {
        guard let ended = running.removeValue(forKey: number) else { return }
        results += outcomes
        for effect in ended.job.effects {
            guard let result = outcomes.first(where: { $0.id == effect.id }) else { continue }
            note(result.outcome, of: effect)
        }
        if !ended.isHung { release(ended.job) }
    }

    /// Marks jobs that are past their deadline as hung.
    mutating func giveUp(now: UInt64) {
        for (number, one) in running where !one.isHung && now >= one.deadline {
            running[number]?.isHung = true
            answer(one.job.effects, .hung)
            release(one.job)
        }
    }

    /// Returns and clears the results since the last call, ordered by effect number.
    mutating func takeResults() -> [EffectResult] {
        defer { results = [] }
        return results.sorted { $0.id < $1.id }
    }

    /// Whether no job is waiting or running.
    var isIdle: Bool { waiting.isEmpty && running.isEmpty }

    private mutating func answer(_ effects: [Effect], _ outcome: EffectResult.Outcome) {
        for effect in effects {
            results.append(EffectResult(id: effect.id, outcome: outcome))
            note(outcome, of: effect)
        }
    }

    private mutating func note(_ outcome: EffectResult.Outcome, of effect: Effect) {
        guard chains[effect.chain] != nil else { return }
        if outcome.endsChain, !effect.continuesOnError || outcome.isHookVeto(effect) {
            broken.insert(effect.chain)
        }
    }
}

extension Effect {
    /// The property that settings of one job share.
    fileprivate enum Bond: Hashable {
        case pool(String, isDryRun: Bool)
        case chain(UInt64, isDryRun: Bool)
    }

    fileprivate var bond: Bond? {
        guard case .set = kind else { return nil }
        if case .pool(let name) = origin { return .pool(name, isDryRun: isDryRun) }
        return .chain(chain, isDryRun: isDryRun)
    }
}

extension EffectResult.Outcome {
    /// Whether a hook vetoed the rest of a chain, which ends the chain even if errors do not.
    fileprivate func isHookVeto(_ effect: Effect) -> Bool {
        if case .hook = effect.kind, case .vetoed = self { return true }
        return false
    }
}
