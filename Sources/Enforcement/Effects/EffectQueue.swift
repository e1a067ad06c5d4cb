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

    private struct Waiting {
        let job: Job
        /// How many unfinished jobs come first.
        var predecessors: Int
    }

    let bounds: Enforcer.Bounds
    /// Whether hooks may begin; without that their effects fail.
    var startsHooks = true
    private var waiting: [UInt64: Waiting] = [:]
    private var running: [UInt64: Running] = [:]
    private var places = TakenPlaces()
    /// Jobs that wait for a job.
    private var followers: [UInt64: [UInt64]] = [:]
    /// Jobs that wait for nothing but a thread, or not even that.
    private var ready = ReadyJobs()
    private var results: [EffectResult] = []
    /// How many waiting jobs a chain has.
    private var chains: [UInt64: Int] = [:]
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
            enqueue(Job(number: lastNumber, effects: group, lanes: lanes))
        }
    }

    /// Settings of one pool, or of one chain, on different cgroups belong together: all or none of
    /// them hold, and the kernel wants them in an order that only all of them tell.
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

    /// What a job concerns is free for the next one.
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

    /// Takes out what may begin now.
    mutating func startable(now: UInt64, patience: (Effect) -> Duration) -> [Job] {
        var started: [Job] = []
        while let number = ready.next(hasThread: freeThreads > 0), let job = dequeue(number) {
            if let outcome = reasonNotToStart(job) {
                answer(job.effects, outcome)
                release(job)
            } else {
                let time = job.effects.map(patience).max() ?? .zero
                running[job.number] = Running(
                    job: job, deadline: now + Self.nanoseconds(bounds.deadline + time))
                started.append(job)
            }
            for chain in job.chains where chains[chain] == nil { broken.remove(chain) }
        }
        return started
    }

    private func reasonNotToStart(_ job: Job) -> EffectResult.Outcome? {
        if !job.chains.isDisjoint(with: broken) { return .skipped }
        if !startsHooks, case .hook = job.effects[0].kind {
            return .failed(.init("the daemon stops and begins no hook"))
        }
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
        guard let ended = running.removeValue(forKey: number) else { return }
        results += outcomes
        for effect in ended.job.effects {
            guard let result = outcomes.first(where: { $0.id == effect.id }) else { continue }
            note(result.outcome, of: effect)
        }
        if !ended.isHung { release(ended.job) }
    }

    /// Gives up waiting for what is overdue.
    mutating func giveUp(now: UInt64) {
        for (number, one) in running where !one.isHung && now >= one.deadline {
            running[number]?.isHung = true
            answer(one.job.effects, .hung)
            release(one.job)
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
        guard chains[effect.chain] != nil else { return }
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

extension Effect {
    /// What joins settings into one job.
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
    /// A hook that says no to what comes after it, which is no error to go on after.
    fileprivate func isHookVeto(_ effect: Effect) -> Bool {
        if case .hook = effect.kind, case .vetoed = self { return true }
        return false
    }
}
