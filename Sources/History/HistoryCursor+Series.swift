package import CgroupModel

extension HistoryCursor {
    /// Applies `value` to one cgroup in the last `count` snapshots up to the current one.
    ///
    /// The result is in time order, with nil where the cgroup did not exist. It is shorter if the
    /// ring does not reach back far enough. A value may be a tuple or an array, so that one pass
    /// serves all curves of a view.
    package func series<Value>(
        of id: CgroupID, count: Int, value: (Snapshot, Int) -> Value?
    ) -> [Value?] {
        guard let number, count > 0 else { return [] }
        if count == 1, let current {
            return [current.index(of: id, near: 0).flatMap { value(current, $0) }]
        }
        let wanted = max(number - count + 1, 0)..<number + 1
        var result: [Value?] = []
        var hint = 0
        for group in ring.groups(overlapping: wanted) {
            var snapshot: Snapshot?
            for number in group.numbers where number < wanted.upperBound {
                guard let decoded = group.decode(number, after: snapshot) else { break }
                snapshot = decoded
                if number < wanted.lowerBound { continue }
                let index = decoded.index(of: id, near: hint)
                hint = index ?? hint
                result.append(index.flatMap { value(decoded, $0) })
            }
        }
        return result
    }
}

extension Snapshot {
    /// The index of a cgroup; tries its index in another snapshot first.
    func index(of id: CgroupID, near hint: Int) -> Int? {
        if cgroups.indices.contains(hint), cgroups[hint].id == id { return hint }
        return cgroups.firstIndex { $0.id == id }
    }
}
