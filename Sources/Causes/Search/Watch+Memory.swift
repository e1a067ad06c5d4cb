import CgroupModel

/// Findings about memory.
extension Watch {
    /// The threshold for harmful reclaim, in refaults per second.
    ///
    /// It replaces the lost time on kernels without pressure files.
    private static let manyRefaults = 50.0

    /// The causes of a lack of memory.
    var memoryFindings: [Finding] {
        let atLimit = fullLimit
        let found = [underOOM, kills, atLimit, overHigh].compactMap(\.self)
        return found.isEmpty ? [hostShortage].compactMap(\.self) : found
    }

    /// Tasks that wait at the limit, because the OOM killer is disabled (v1).
    private var underOOM: Finding? {
        guard let place = chain.first(where: { now[$0, .memoryUnderOOM].value == 1 }) else {
            return nil
        }
        return Finding(
            .underOOM, by: path(place), bound: bound(place, .memoryMax, .memoryUsage),
            evidence(place, [.memoryUnderOOM, .memoryMax, .memoryUsage]))
    }

    /// Processes that the OOM killer killed between the samples.
    private var kills: Finding? {
        let counters: [MetricID] = [.memoryOOMKills, .memoryLocalOOMKills]
        guard let counter = counters.first(where: { grew(index, $0) }) else { return nil }
        let owner = chain.first { grew($0, .memoryLocalOOMs) }
        let bound = owner.map { self.bound($0, .memoryMax, .memoryUsage) } ?? fullBound
        return Finding(
            .killed, by: owner.map(path) ?? bound?.limit.cgroup, bound: bound,
            [evidence(index, counter)] + [bound?.limit, bound?.usage].compactMap(\.self)
                + (owner.map { evidence($0, [.memoryLocalOOMs]) } ?? []))
    }

    /// The nearly full memory limit with the least headroom, for kernels that do not count whose
    /// limit led to a kill (v1, and v2 before Linux 5.2).
    ///
    /// Nil where they count it: then the host ran out of memory.
    private var fullBound: Bound? {
        guard !chain.contains(where: { now[$0, .memoryLocalOOMs].isKnown }) else { return nil }
        return bounds.first { $0.limit.metric.isMemoryMax && ($0.ratio ?? 0) >= Self.near }
    }

    /// A hard limit that is reached.
    private var fullLimit: Finding? {
        guard let (place, bound) = reachedLimit, let most = bound.most else { return nil }
        let values =
            [bound.limit] + [bound.usage].compactMap(\.self)
            + evidence(place, [.memoryMaxEvents]) + composition(of: path(place))
        let hits = grew(place, .memoryMaxEvents)
        let left = reclaimable(place).map { ($0 + swapLeft(place)) / most }
        if left.map({ $0 < 0.05 }) ?? hits {
            return Finding(.memoryFull, by: path(place), bound: bound, share: memoryLoss, values)
        }
        // Page cache fills any limit eventually; only pages that must be read again cost time.
        let refaults = [MetricID.memoryFileRefaults, .memoryAnonRefaults].compactMap {
            now.rate(index, $0)
        }.reduce(0, +)
        let isHarmful = memoryLoss.map { $0 >= Self.slow } ?? (refaults >= Self.manyRefaults)
        guard isHarmful || hits else { return nil }
        return Finding(
            .memoryReclaim, severity: isHarmful ? .slow : .note, by: path(place), bound: bound,
            share: memoryLoss,
            values
                + evidence(
                    index, [.memoryFileRefaults, .memoryAnonRefaults, .memoryMajorFaults]))
    }

    private var reachedLimit: (place: Int, bound: Bound)? {
        let reached = chain.compactMap { place -> (Int, Bound)? in
            guard let bound = self.bound(place, .memoryMax, .memoryUsage), let ratio = bound.ratio,
                ratio >= 0.98 || grew(place, .memoryMaxEvents) && ratio >= Self.near
            else { return nil }
            return (place, bound)
        }
        return reached.min { ($0.1.headroom ?? 0) < ($1.1.headroom ?? 0) }
    }

    /// Returns the reclaimable page cache and slab in bytes; nil if unknown.
    private func reclaimable(_ place: Int) -> Double? {
        guard let inactive = now[place, .memoryInactiveFile].value,
            let active = now[place, .memoryActiveFile].value
        else { return nil }
        let slab = now[place, .memoryReclaimableSlab].value ?? 0
        return Double(inactive) + Double(active) + Double(slab)
    }

    /// Returns the swap that the cgroup may still use, in bytes.
    private func swapLeft(_ place: Int) -> Double {
        let host = now.host.swapFree.value.map { Double($0) } ?? 0
        let levels = sequence(first: place) { now.cgroups[$0].parent }
        return levels.reduce(host) { left, level in
            guard let most = now[level, .memorySwapMax].value else { return left }
            let used = now[level, .memorySwapUsage].value ?? 0
            return min(left, most > used ? Double(most - used) : 0)
        }
    }

    /// Returns the parts of a cgroup's memory: anonymous, inactive and active file pages.
    func composition(of path: CgroupPath) -> [Evidence] {
        now.index(of: path).map {
            evidence($0, [.memoryAnon, .memoryInactiveFile, .memoryActiveFile])
        } ?? []
    }

    /// An exceeded `memory.high`, which slows down allocations.
    private var overHigh: Finding? {
        let places = chain.filter { now[$0, .memoryHigh].value != nil }
        guard
            let place = places.first(where: { grew($0, .memoryHighEvents) })
                ?? places.first(where: now.isOverHigh),
            let bound = self.bound(place, .memoryHigh, .memoryUsage)
        else { return nil }
        return Finding(
            .memoryHigh, severity: severity(memoryLoss) ?? .note, by: path(place), bound: bound,
            share: memoryLoss,
            [bound.limit] + [bound.usage].compactMap(\.self)
                + evidence(place, [.memoryHighEvents]) + composition(of: path(place))
                + memoryPressure + evidence(index, [.memoryFileRefaults, .memoryAnonRefaults]))
    }

    /// Tasks that wait for memory although no limit explains it.
    private var hostShortage: Finding? {
        guard let memoryLoss, let severity = self.severity(memoryLoss) else { return nil }
        return Finding(
            .memoryWait, severity: severity, share: memoryLoss,
            memoryPressure
                + evidence(
                    index, [.memoryMajorFaults, .memoryFileRefaults, .memoryAnonRefaults]))
    }

    /// A hard limit that is reached soon.
    ///
    /// Growing page cache is reclaimed; growing anonymous memory without swap ends in a kill.
    func memorySoon(_ bound: Bound, _ left: Double) -> Finding {
        let place = now.index(of: bound.limit.cgroup) ?? index
        let anonymous = slope(place, .memoryAnon)
        let isLethal =
            anonymous.map { $0 >= (bound.slope ?? 0) / 2 } ?? true
            && swapLeft(place) < (bound.most ?? 0) * 0.05
        return Finding(
            .memorySoon, severity: isLethal && left <= 60 ? .failing : .soon,
            by: bound.limit.cgroup,
            bound: bound,
            [bound.limit] + [bound.usage].compactMap(\.self)
                + composition(of: bound.limit.cgroup))
    }
}

extension MetricID {
    /// Whether it is a hard limit of memory: set here, or reported by v1 for all levels.
    var isMemoryMax: Bool { self == .memoryMax || self == .memoryMaxEffective }
}
