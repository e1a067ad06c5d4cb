import CgroupModel

extension Watch {
    /// The limits of gauges, each with the gauge that it limits.
    static let levels: [(limit: MetricID, usage: MetricID)] = [
        (.memoryMax, .memoryUsage), (.memoryHigh, .memoryUsage),
        (.memorySwapMax, .memorySwapUsage), (.memoryAndSwapMax, .memoryAndSwapUsage),
        (.pidsMax, .pidsCurrent), (.maxDescendants, .descendants),
    ]

    /// The limits of rates on each device, each with the counter whose rate it limits.
    static let rates: [(limit: MetricID, usage: MetricID)] = [
        (.ioMaxRead, .ioReadBytes), (.ioMaxWritten, .ioWrittenBytes), (.ioMaxReads, .ioReads),
        (.ioMaxWrites, .ioWrites),
    ]

    /// The binding limits of all kinds.
    var bounds: [Bound] {
        var result = Self.levels.map { bound($0.limit, $0.usage) }
        if let hidden = boundOutside { result[0] = hidden }
        return result + [quotaBound] + rateBounds
    }

    /// The limit with the least headroom of the cgroup and its ancestors.
    ///
    /// The lowest limit need not be the one that binds: an ancestor counts its other children too.
    func bound(_ limit: MetricID, _ usage: MetricID) -> Bound {
        let chain = chain(for: limit)
        let known = chain.compactMap { place in bound(place, limit, usage) }
        if let tightest = Self.tightest(known) { return tightest }
        // Without a number at any level, the nearest level that has the file decides.
        let place = chain.first { now[$0, limit] != .absent } ?? index
        return Bound(
            limit: evidence(place, limit), usage: evidence(place, usage), most: nil,
            used: now[place, usage].value.map { Double($0) }, slope: slope(place, usage))
    }

    /// The cgroups whose limits can apply.
    ///
    /// Without a cgroup at the path in a v1 hierarchy, the processes are in another cgroup there.
    private func chain(for limit: MetricID) -> [Int] {
        let isElsewhere =
            files.isLegacy(limit) && files.isSampled(limit) && now[index, limit] == .absent
        return isElsewhere ? [index] : chain
    }

    /// Returns the limit of one cgroup in the chain; nil if it has no number.
    func bound(_ place: Int, _ limit: MetricID, _ usage: MetricID) -> Bound? {
        guard let most = now[place, limit].value else { return nil }
        return Bound(
            limit: evidence(place, limit), usage: evidence(place, usage), most: Double(most),
            used: now[place, usage].value.map { Double($0) }, slope: slope(place, usage))
    }

    static func tightest(_ bounds: [Bound]) -> Bound? {
        bounds.enumerated().min {
            ($0.element.headroom ?? .infinity, $0.offset)
                < ($1.element.headroom ?? .infinity, $1.offset)
        }?.element
    }

    /// The memory limit of an ancestor that is not visible in a container; only v1 reports it.
    private var boundOutside: Bound? {
        guard let reported = now[index, .memoryMaxEffective].value,
            reported < chain.compactMap({ now[$0, .memoryMax].value }).min() ?? .max
        else { return nil }
        return Bound(
            limit: evidence(index, .memoryMaxEffective), usage: evidence(index, .memoryUsage),
            most: Double(reported), used: now[index, .memoryUsage].value.map { Double($0) },
            slope: slope(index, .memoryUsage))
    }

    /// The quota with the fewest CPUs left.
    var quotaBound: Bound {
        let chain = chain(for: .cpuMax)
        if let tightest = Self.tightest(chain.compactMap(quota)) { return tightest }
        let place = chain.first { now[$0, .cpuMax] != .absent } ?? index
        return Bound(
            limit: evidence(place, .cpuMax), usage: evidence(place, .cpuUsage), most: nil,
            used: now.cpusUsed(place), slope: nil)
    }

    /// Returns the quota of one cgroup in CPUs; nil if it has none.
    func quota(_ place: Int) -> Bound? {
        guard let quota = now[place, .cpuMax].value, let period = now[place, .cpuMaxPeriod].value,
            period > 0
        else { return nil }
        let most = Double(quota) / Double(period)
        let text = "\(Amount.cpus(most)) (\(quota) of \(period) us)"
        return Bound(
            limit: evidence(place, .cpuMax, as: text), usage: evidence(place, .cpuUsage),
            most: most, used: now.cpusUsed(place), slope: nil)
    }

    /// The limit with the least headroom of each kind on each device.
    private var rateBounds: [Bound] {
        Self.rates.flatMap { limit, usage -> [Bound] in
            let all = chain.flatMap { place in rateBounds(place, limit, usage) }
            return Dictionary(grouping: all) { $0.limit.instance }.sorted {
                ($0.key?.rawValue ?? 0) < ($1.key?.rawValue ?? 0)
            }.compactMap { Self.tightest($0.value) }
        }
    }

    private func rateBounds(_ place: Int, _ limit: MetricID, _ usage: MetricID) -> [Bound] {
        let instances = now.instances(place)
        return instances.filter { $0.metric == limit }.compactMap { instance in
            guard let most = instance.reading.value else { return nil }
            let flow = instances.first { $0.metric == usage && $0.key == instance.key }
            return Bound(
                limit: evidence(place, limit, instance),
                usage: flow.map { evidence(place, usage, $0) }, most: Double(most),
                // A device without a line has had no I/O.
                used: flow.map { now.rate($0) } ?? 0, slope: nil)
        }
    }

    /// The limits of the cgroup and its ancestors that could not be read.
    var unreadable: [Evidence] {
        let limits = Self.levels.map(\.limit) + [.cpuMax]
        return chain.flatMap { place in
            limits.filter { limit in
                let reading = now[place, limit]
                return !reading.isKnown && reading != .absent && reading != .gone
            }.map { evidence(place, $0) }
                + now.instances(place).filter { instance in
                    Self.rates.contains { $0.limit == instance.metric }
                        && !instance.reading.isKnown
                        && ![.absent, .gone, .unnamed].contains(instance.reading)
                }.map { evidence(place, $0.metric, $0) }
        }
    }
}
