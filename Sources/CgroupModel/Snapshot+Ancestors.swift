/// What ancestors do to a cgroup, which its own files tell little or nothing about.
extension Snapshot {
    /// The nearest ancestor whose quota throttles it, and with it all that is below.
    package func throttler(of index: Int) -> Int? {
        ancestors(of: index).first { throttledRatio($0) ?? 0 > 0 }
    }

    /// The ancestors whose quota has throttled them since they were made, the nearest first.
    package func throttlersEver(of index: Int) -> [Int] {
        ancestors(of: index).filter { self[$0, .cpuThrottledPeriods].value ?? 0 > 0 }
    }

    /// The nearest ancestor that is asked to freeze, where the cgroup itself is not.
    package func freezer(of index: Int) -> Int? {
        isAskedToFreeze(index) ? nil : ancestors(of: index).first(where: isAskedToFreeze)
    }

    /// The nearest ancestor whose usage is at its `memory.high`, for which all below are slowed.
    package func ancestorOverHigh(of index: Int) -> Int? {
        ancestors(of: index).first(where: isOverHigh)
    }

    /// Whether a cgroup's usage is at its own `memory.high`.
    package func isOverHigh(_ index: Int) -> Bool {
        guard let high = self[index, .memoryHigh].value, let usage = self[index, .memoryUsage].value
        else { return false }
        return usage >= high
    }

    private func isAskedToFreeze(_ index: Int) -> Bool {
        self[index, .freeze].value == 1 || self[index, .selfFreezing].value == 1
    }

    /// The cgroups above, the nearest first.
    private func ancestors(of index: Int) -> some Sequence<Int> {
        sequence(first: index) { cgroups[$0].parent }.dropFirst()
    }
}
