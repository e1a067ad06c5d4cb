internal import CgroupModel
internal import Policy

/// An index of unfinished jobs by lane and path, which finds a new job's predecessors without a
/// scan.
struct TakenPlaces {
    /// The last job of each lane, which itself waits for the earlier ones.
    private var last: [EffectQueue.Lane: UInt64] = [:]
    /// The jobs that change values of each cgroup (`at`) and of its descendants (`below`).
    private var at: [CgroupPath: Set<UInt64>] = [:]
    private var below: [CgroupPath: Set<UInt64>] = [:]

    /// Adds a job, and returns the jobs that it must wait for.
    ///
    /// Values of a cgroup and of its ancestors change one after the other in the engine's order,
    /// because the kernel compares them.
    mutating func take(_ job: EffectQueue.Job) -> Set<UInt64> {
        var earlier: Set<UInt64> = []
        for lane in job.lanes {
            if let number = last.updateValue(job.number, forKey: lane) { earlier.insert(number) }
        }
        let paths = job.changedPaths
        for path in paths {
            earlier.formUnion(below[path] ?? [])
            for ancestor in path.ancestors { earlier.formUnion(at[ancestor] ?? []) }
        }
        for path in paths {
            at[path, default: []].insert(job.number)
            for ancestor in path.ancestors { below[ancestor, default: []].insert(job.number) }
        }
        earlier.remove(job.number)
        return earlier
    }

    /// Removes a job.
    mutating func release(_ job: EffectQueue.Job) {
        for lane in job.lanes where last[lane] == job.number { last[lane] = nil }
        for path in job.changedPaths {
            Self.remove(job.number, from: &at[path])
            for ancestor in path.ancestors { Self.remove(job.number, from: &below[ancestor]) }
        }
    }

    private static func remove(_ number: UInt64, from numbers: inout Set<UInt64>?) {
        numbers?.remove(number)
        if numbers?.isEmpty == true { numbers = nil }
    }
}

/// Jobs that may start, oldest first.
struct ReadyJobs {
    private var atOnce = Line()
    private var onThreads = Line()

    private struct Line {
        var numbers: [UInt64] = []
        var start = 0

        mutating func popFirst() -> UInt64? {
            guard start < numbers.count else { return nil }
            defer {
                start += 1
                if start == numbers.count { self = Line() }
            }
            return numbers[start]
        }
    }

    mutating func add(_ job: EffectQueue.Job) {
        if job.needsThread {
            onThreads.numbers.append(job.number)
        } else {
            atOnce.numbers.append(job.number)
        }
    }

    /// Returns the next job; without a free thread, only a job that does not need one.
    mutating func next(hasThread: Bool) -> UInt64? {
        atOnce.popFirst() ?? (hasThread ? onThreads.popFirst() : nil)
    }
}

extension EffectQueue.Job {
    /// The chains that it belongs to.
    var chains: Set<UInt64> { Set(effects.map(\.chain)) }

    /// The paths of the cgroups whose values it changes.
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
