internal import CgroupModel
internal import Policy

/// What unfinished jobs concern, so that the ones that a new job has to wait for are found without
/// looking at all of them.
struct TakenPlaces {
    /// The last job of each lane, which waits for those before it.
    private var last: [EffectQueue.Lane: UInt64] = [:]
    /// Jobs that change values of a cgroup, and of a cgroup below it.
    private var at: [CgroupPath: Set<UInt64>] = [:]
    private var below: [CgroupPath: Set<UInt64>] = [:]

    /// Adds a job; returns those that it has to wait for.
    ///
    /// Values of a cgroup and of one above it are changed one after the other, in the order in
    /// which the engine wants them: the kernel compares them.
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

    /// Takes a job out.
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

/// Jobs that may begin, the oldest first.
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

    /// The next one; without a free thread only one that needs none.
    mutating func next(hasThread: Bool) -> UInt64? {
        atOnce.popFirst() ?? (hasThread ? onThreads.popFirst() : nil)
    }
}

extension EffectQueue.Job {
    /// The chains that it is part of.
    var chains: Set<UInt64> { Set(effects.map(\.chain)) }

    /// Where values are changed.
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
