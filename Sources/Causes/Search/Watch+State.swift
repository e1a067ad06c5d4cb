import CgroupModel

/// Findings about the cgroup as a whole.
extension Watch {
    /// A cgroup that was removed while its files were read.
    var gone: Finding? {
        let lost = [MetricID.cpuUsage, .memoryUsage, .pidsCurrent].first {
            now[index, $0] == .gone
        }
        return lost.map { Finding(.gone, [evidence(index, $0)]) }
    }

    /// A freeze that an ancestor or the cgroup itself requests.
    var frozen: Finding? {
        let isFrozen = now[index, .frozen].value == 1
        let state = now[index, .freezerState].value.map(Word.text)
        let asked = chain.first { now[$0, .freeze].value == 1 || now[$0, .selfFreezing].value == 1 }
        guard isFrozen || state == "FREEZING" || asked != nil else { return nil }
        // If only v2 froze it, v1's freezer is not evidence.
        let isOther = isFrozen && state == "THAWED"
        let own = evidence(index, isOther ? [.frozen] : [.frozen, .freezerState])
        let request = asked.map { place in
            evidence(place, [MetricID.freeze, .selfFreezing].filter { now[place, $0].value == 1 })
        }
        // Without a visible request, the freezer is above the topmost visible cgroup.
        return Finding(.frozen, by: asked.map(path), (request ?? []) + own)
    }

    /// A cgroup without processes.
    var empty: Finding? {
        guard !isElsewhere(index) else { return nil }
        if now[index, .populated].value == 0 {
            return Finding(.empty, [evidence(index, .populated)])
        }
        guard !now[index, .populated].isKnown, now[index, .pidsCurrent].value == 0 else {
            return nil
        }
        return Finding(.empty, [evidence(index, .pidsCurrent)])
    }

    /// A task limit that is reached.
    var forksFail: Finding? {
        let levels = chain.compactMap { bound($0, .pidsMax, .pidsCurrent) }
        let full = levels.filter { ($0.headroom ?? 1) < 1 }
        guard let bound = full.first ?? (hasRefusedForks ? Self.tightest(levels) : nil) else {
            return nil
        }
        let refusals = chain.filter { grew($0, .pidsRefused) || path($0) == bound.limit.cgroup }
        return Finding(
            .forksFail, by: bound.limit.cgroup, bound: bound,
            [bound.limit] + [bound.usage].compactMap(\.self)
                + refusals.flatMap { evidence($0, [.pidsRefused]) })
    }

    /// Whether a fork was refused in the cgroup, or at an ancestor that is nearly full.
    ///
    /// Older kernels count a refusal at the cgroup whose fork failed; newer ones at the cgroup
    /// whose limit was reached and at its ancestors, so an ancestor also counts refusals elsewhere.
    private var hasRefusedForks: Bool {
        chain.contains { place in
            guard grew(place, .pidsRefused) else { return false }
            let ratio = bound(place, .pidsMax, .pidsCurrent)?.ratio
            return place == index || ratio ?? 0 >= Self.near
        }
    }

    /// Returns the limits that are nearly reached, or will be soon, except those in other findings.
    func approaching(_ bounds: [Bound], besides found: [Finding]) -> [Finding] {
        let known = Set(found.compactMap(\.bound?.limit.metric))
        return bounds.compactMap { bound in
            let metric = bound.limit.metric
            guard !known.contains(metric), let ratio = bound.ratio else { return nil }
            let values = [bound.limit] + [bound.usage].compactMap(\.self)
            if let left = bound.secondsLeft, left <= Self.soon[metric] ?? 60, ratio < 1 {
                let isMemory = metric == .memoryMax || metric == .memoryMaxEffective
                return isMemory
                    ? memorySoon(bound, left)
                    : Finding(.limitSoon, by: bound.limit.cgroup, bound: bound, values)
            }
            guard ratio >= Self.near else { return nil }
            return Finding(
                .near, by: bound.limit.cgroup, bound: bound,
                values + (metric == .memoryMax ? composition(of: bound.limit.cgroup) : []))
        }
    }

    /// How long in advance a limit is reported, in seconds; 60 for all other limits.
    ///
    /// Memory that grows tends to keep growing; the number of tasks fluctuates.
    private static let soon: [MetricID: Double] = [
        .memoryMax: 600, .memoryMaxEffective: 600, .memoryHigh: 600, .memorySwapMax: 600,
        .memoryAndSwapMax: 600,
    ]

    /// No cause was found; the evidence is the highest pressure, or the first one that is unknown.
    var healthy: Finding {
        let lines = Self.waits.filter { $0.what == "some" }
        let losses = lines.map { share(index, $0.total, $0.average) }
        if let place = losses.firstIndex(of: nil) {
            return Finding(.healthy, [evidence(index, lines[place].average)])
        }
        let highest = losses.indices.max { losses[$0] ?? 0 < losses[$1] ?? 0 } ?? 0
        return Finding(
            .healthy, share: losses[highest],
            pressure(lines[highest].total, lines[highest].average))
    }

    /// The limits that could not be read.
    var blind: Finding? {
        let unreadable = self.unreadable
        return unreadable.first.map { Finding(.unreadable, by: $0.cgroup, unreadable) }
    }
}
