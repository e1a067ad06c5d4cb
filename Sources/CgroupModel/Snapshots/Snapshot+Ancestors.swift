/// The effects of ancestors on a cgroup, of which the cgroup's own files show little.
extension Snapshot {
    /// The nearest ancestor whose quota currently throttles it and all other descendants.
    package func throttler(of index: Int) -> Int? {
        ancestors(of: index).first { throttledRatio($0) ?? 0 > 0 }
    }

    /// The ancestors whose own quota has ever throttled them, the nearest first.
    package func throttlersEver(of index: Int) -> [Int] {
        ancestors(of: index).filter { self[$0, .cpuThrottledPeriods].value ?? 0 > 0 }
    }

    /// The nearest ancestor that is requested to freeze; nil if the cgroup itself is.
    package func freezer(of index: Int) -> Int? {
        isAskedToFreeze(index) ? nil : ancestors(of: index).first(where: isAskedToFreeze)
    }

    /// The nearest ancestor whose usage is at its `memory.high`, which throttles all its
    /// descendants.
    package func ancestorOverHigh(of index: Int) -> Int? {
        ancestors(of: index).first(where: isOverHigh)
    }

    /// Whether the cgroup's usage is at or above its own `memory.high`.
    package func isOverHigh(_ index: Int) -> Bool {
        guard let high = self[index, .memoryHigh].value, let usage = self[index, .memoryUsage].value
        else { return false }
        return usage >= high
    }

    private func isAskedToFreeze(_ index: Int) -> Bool {
        self[index, .freeze].value == 1 || self[index, .selfFreezing].value == 1
    }

    /// The ancestors, the nearest first.
    private func ancestors(of index: Int) -> some Sequence<Int> {
        sequence(first: index) { cgroups[$0].parent }.dropFirst()
    }
}
