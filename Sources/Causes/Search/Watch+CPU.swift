import CgroupModel

/// Findings about CPU time.
extension Watch {
    /// The minimum utilization of busy CPUs.
    private static let busy = 0.9
    /// The minimum usage of a competitor, in CPUs.
    private static let active = 0.02

    /// The causes of a lack of CPU time.
    ///
    /// No other cause is searched for if a quota explains most of the pressure.
    var cpuFindings: [Finding] {
        let quota = throttling
        if let quota, explainsPressure(quota) { return [quota] }
        let others = [confinement, competition].compactMap(\.self)
        return (others.isEmpty ? [ownCompetition].compactMap(\.self) : others)
            + [quota].compactMap(\.self)
    }

    /// Whether a quota costs at least half of the time that tasks wait for a CPU.
    ///
    /// Without pressure files, only a quota with a severity above `note` does.
    private func explainsPressure(_ quota: Finding) -> Bool {
        guard let cpuLoss, let share = quota.share else { return quota.severity != .note }
        return share >= cpuLoss / 2
    }

    // MARK: Quota

    /// The quota of the cgroup or of an ancestor that throttles most.
    private var throttling: Finding? {
        let losses = chain.compactMap { place in throttledShare(place).map { (place, $0) } }
        guard let (place, share) = losses.max(by: { $0.1 < $1.1 }),
            let severity = self.severity(share)
        else { return nil }
        // A throttled ancestor does not slow down a cgroup without runnable tasks.
        let isAffected = place == index || waitsForCPU
        let bound = quota(place) ?? self.bound(.cpuMax, .cpuUsage)
        return Finding(
            .quota, severity: isAffected ? severity : .note, by: path(place), bound: bound,
            share: share,
            [bound.limit]
                + evidence(
                    place, [.cpuThrottledPeriods, .cpuPeriods, .cpuThrottledTime, .cpuUsage])
                + (place == index ? [] : evidence(index, [.cpuUsage]))
                + evidence(index, [.cpuLocalThrottledTime]) + cpuPressure)
    }

    /// Returns the share of time in which a cgroup is throttled; nil if it is not.
    ///
    /// Only part of a throttled period is lost. The throttled time is summed over CPUs, so its
    /// share can exceed that of the periods; the smaller one counts.
    private func throttledShare(_ place: Int) -> Double? {
        guard let periods = now.throttledRatio(place), periods > 0 else { return nil }
        return min(periods, now.rate(place, .cpuThrottledTime).map { $0 / 1e6 } ?? periods)
    }

    /// Whether tasks wait for a CPU; without pressure files, whether any ran.
    private var waitsForCPU: Bool { cpuLoss.map { $0 > 0 } ?? (cpus(index) > 0) }

    // MARK: Cpusets

    /// Returns the CPUs that a cgroup may use, and the topmost ancestor (or itself) with the same
    /// list.
    private func cpuset(_ place: Int) -> (cpus: RangeList, from: Int)? {
        let levels = sequence(first: place) { now.cgroups[$0].parent }.filter {
            now[$0, .cpusetEffectiveCPUs].value != nil
        }
        guard let nearest = levels.first, let cpus = cpuList(nearest), !cpus.isEmpty else {
            return nil
        }
        return (cpus, levels.prefix { cpuList($0) == cpus }.last ?? nearest)
    }

    private func cpuList(_ place: Int, _ metric: MetricID = .cpusetEffectiveCPUs) -> RangeList? {
        now[place, metric].value.flatMap { RangeList(Word.text($0)) }
    }

    /// A cpuset smaller than the host, if the cgroup's tasks wait for its CPUs.
    private var confinement: Finding? {
        guard let (cpus, place) = cpuset(index), cpus.numbers.count < now.host.cpuCount else {
            return nil
        }
        let sharing = others.filter { other in
            self.cpus(other) >= Self.active
                && cpuset(other).map { !$0.cpus.intersection(cpus).isEmpty } ?? false
        }
        let used = self.cpus(index)
        let capacity = Double(cpus.numbers.count)
        let direct = chain.dropFirst().compactMap(directUse)
        let all = sharing.reduce(used) { $0 + self.cpus($1) } + direct.reduce(0) { $0 + $1.usage }
        // Without pressure files, only the utilization of the CPUs is known.
        let isShort =
            cpuLoss.map { $0 >= Self.slow } ?? (used >= 0.05 && all >= Self.busy * capacity)
        guard isShort else { return nil }
        let isAlone = sharing.isEmpty && direct.isEmpty && cpuLoss == nil
        // The file that is written may list more CPUs than are in force.
        let isAsWritten = cpuList(place, .cpusetCPUs) == cpus
        let list = evidence(
            place, isAsWritten ? .cpusetCPUs : .cpusetEffectiveCPUs, as: Amount.cpuList(cpus))
        return Finding(
            .cpuset, severity: isAlone ? .note : .slow, by: path(place), share: cpuLoss,
            [list] + evidence(index, [.cpusetEffectiveCPUs, .cpuUsage]) + cpuPressure,
            competitors: Self.heaviest(competitors(sharing) { self.cpus($0) } + direct))
    }

    // MARK: Processes of a parent itself

    /// The weight of a process of a parent itself at nice 0, which competes with the children.
    private static let processWeight: [MetricID: Double] = [.cpuWeight: 100, .cpuShares: 1024]
    /// The share of a cgroup's usage by which its files and its children's can differ, because they
    /// are read one after another.
    private static let readNoise = 0.05

    /// Returns the processes of a cgroup itself as a competitor; nil if they use little.
    ///
    /// The kernel counts a cgroup together with its children, so their usage is the rest. A child
    /// that the earlier sample did not contain counts with all its usage.
    private func directUse(of parent: Int) -> Competitor? {
        guard let all = now.cpusUsed(parent), let window else { return nil }
        let children = now.cgroups.indices.filter { now.cgroups[$0].parent == parent }
        let rest = children.reduce(all) { rest, child in
            let used = now[child, .cpuUsage].value.map { Double($0) / 1e6 / window }
            return rest - (now.cpusUsed(child) ?? used ?? 0)
        }
        guard rest >= max(Self.active, Self.readNoise * all) else { return nil }
        return Competitor(cgroup: path(parent), isDirect: true, usage: rest, weight: nil)
    }

    // MARK: Weights

    /// The level at which the weights of active siblings leave the smallest share.
    private var competition: Finding? {
        var best: (level: Int, fairShare: Double, rivals: [Int], direct: Competitor?)?
        for level in chain {
            guard let parent = now.cgroups[level].parent, let own = weight(level) else { continue }
            let rivals = others.filter {
                now.cgroups[$0].parent == parent && cpus($0) >= Self.active
            }
            let direct = directUse(of: parent)
            var weights = rivals.compactMap { weight($0).map { Double($0.value) } }
            // Each task uses at most one CPU, so at least this many compete.
            if let direct, let each = Self.processWeight[own.metric] {
                weights.append(direct.usage.rounded(.up) * each)
            }
            guard !weights.isEmpty else { continue }
            let fairShare =
                Double(own.value) / (Double(own.value) + weights.reduce(0, +))
            if fairShare < best?.fairShare ?? 1 { best = (level, fairShare, rivals, direct) }
        }
        guard let best, isContended(best.fairShare), let own = weight(best.level) else {
            return nil
        }
        return Finding(
            .weight, by: path(best.level), share: cpuLoss,
            [evidence(best.level, own.metric)] + evidence(index, [.cpuUsage]) + cpuPressure,
            competitors: Self.heaviest(
                competitors(best.rivals, { cpus($0) }) { rival in
                    weight(rival).map { evidence(rival, $0.metric) }
                } + [best.direct].compactMap(\.self)))
    }

    /// Whether the cgroup lacks CPU time, and the CPUs are busy with others.
    ///
    /// `fairShare` is the share of the CPUs that the weights leave.
    private func isContended(_ fairShare: Double) -> Bool {
        let count = cpuset(index).map { Double($0.cpus.numbers.count) }
        let host = Double(now.host.cpuCount)
        let isConfined = count.map { $0 < host } ?? false
        guard isConfined || now.host.cpuUtilization ?? 0 >= Self.busy else { return false }
        if let cpuLoss { return cpuLoss >= Self.slow }
        // Without pressure files: it uses most of its share, so it would probably use more.
        return cpus(index) >= 0.7 * fairShare * (count ?? host)
    }

    private func weight(_ place: Int) -> (value: UInt64, metric: MetricID)? {
        [MetricID.cpuWeight, .cpuShares].lazy.compactMap { metric in
            now[place, metric].value.map { ($0, metric) }
        }.first
    }

    /// Tasks that wait for a CPU although no limit or sibling explains it.
    private var ownCompetition: Finding? {
        guard let cpuLoss, let severity = self.severity(cpuLoss) else { return nil }
        return Finding(
            .cpuWait, severity: severity, share: cpuLoss,
            cpuPressure + evidence(index, [.cpuUsage]))
    }

    /// Returns the three heaviest users among some cgroups, largest usage first, then by path.
    func competitors(
        _ places: [Int], _ usage: (Int) -> Double, weight: (Int) -> Evidence? = { _ in nil }
    ) -> [Competitor] {
        Self.heaviest(
            places.map { Competitor(cgroup: path($0), usage: usage($0), weight: weight($0)) })
    }

    private static func heaviest(_ all: [Competitor]) -> [Competitor] {
        Array(all.sorted { ($1.usage, $0.cgroup) < ($0.usage, $1.cgroup) }.prefix(3))
    }
}
