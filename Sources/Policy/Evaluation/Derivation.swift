import CgroupModel
import PolicyLanguage

extension PolicyMetric.Derivation {
    /// Returns the value for a cgroup, before the vocabulary's scale is applied: shares are 0 to 1.
    func value(_ input: PolicyInput, _ position: Int, firstSeen: UInt64) -> Double {
        let snapshot = input.snapshot
        switch self {
        case .memoryLimit:
            let own = snapshot.effectiveMemoryMax(position)
            if !own.isKnown, own != .absent { return MetricReading.number(own, 1) }
            let host = snapshot.host.memoryTotal
            let least = min(own.value ?? .max, host.value ?? .max)
            return least == .max ? MetricReading.number(host, 1) : Double(least)
        case .memoryUnreclaimable: return Self.unreclaimable(snapshot, position)
        case .cpuLimit:
            let cpuset = MetricReading.cpuCount(snapshot[position, .cpusetEffectiveCPUs])
            let most = Double(cpuset ?? snapshot.host.cpuCount)
            return min(snapshot.effectiveCPUQuota(position)?.cpus ?? most, most)
        case .throttledRatio:
            if let ratio = snapshot.throttledRatio(position) { return ratio }
            let periods = snapshot[position, .cpuPeriods]
            return periods.isKnown || periods == .absent ? .notApplicable : .unknown
        case .age:
            return Double(input.time.nanoseconds - min(firstSeen, input.time.nanoseconds)) / 1e9
        case .frozen: return MetricReading.number(snapshot[position, .frozen], 1)
        case .populated: return snapshot.isPopulated(position) ? 1 : 0
        default: return value(ofHost: input)
        }
    }

    /// Returns the value for the host, or for one of its disks, before the vocabulary's scale is
    /// applied.
    func value(ofHost input: PolicyInput, disk: InstanceKey? = nil) -> Double {
        let host = input.snapshot.host
        switch self {
        case .hostMemoryTotal: return MetricReading.number(host.memoryTotal, 1)
        case .hostMemoryAvailable: return MetricReading.number(host.memoryAvailable, 1)
        case .hostSwapFree: return MetricReading.number(host.swapFree, 1)
        case .hostSwapTotal: return MetricReading.number(host.swapTotal, 1)
        case .hostCPUUse:
            let none = host.cpuTotal == .absent ? Double.notApplicable : .unknown
            return host.cpuUtilization ?? none
        case .hostLoad: return MetricReading.number(host.load, 0.01)
        case .hostDiskUse: return Self.diskUse(input.snapshot, disk)
        case .hostPressure(let resource, let line, let window):
            return MetricReading.number(
                Self.pressure(host.pressure, resource, line, window), 1)
        case .hostTime: return Double(input.minuteOfDay)
        default: return .notApplicable
        }
    }

    private static func unreclaimable(_ snapshot: Snapshot, _ position: Int) -> Double {
        let usage = MetricReading.number(snapshot[position, .memoryUsage], 1)
        return reclaimable.reduce(usage) { rest, metric in
            let part = MetricReading.number(snapshot[position, metric], 1)
            guard !rest.isNaN else { return rest }
            guard !part.isNaN else { return part.isNotApplicable ? rest : part }
            return max(rest - part, 0)
        }
    }

    private static let reclaimable = [
        "memory.active_file", "memory.inactive_file", "memory.slab_reclaimable",
    ].compactMap { MetricCatalog.metric(named: $0)?.id }

    private static func pressure(
        _ host: HostPressure, _ resource: String, _ line: String, _ window: String
    ) -> Reading {
        let all = ["cpu": host.cpu, "memory": host.memory, "io": host.io, "irq": host.irq]
        let pressure = all[resource]
        let share = line == "full" ? pressure?.full : pressure?.some
        return switch window {
        case "avg10": share?.avg10 ?? .absent
        case "avg60": share?.avg60 ?? .absent
        case "avg300": share?.avg300 ?? .absent
        default: share?.total ?? .absent
        }
    }

    /// Returns the utilization of a disk, or of the busiest disk.
    private static func diskUse(_ snapshot: Snapshot, _ disk: InstanceKey?) -> Double {
        let disks = disk.map { [$0] } ?? snapshot.host.disks.map(\.device)
        guard disks.contains(where: { key in snapshot.host.disks.contains { $0.device == key } })
        else { return .notApplicable }
        return disks.compactMap { snapshot.diskUtilization($0) }.max() ?? .unknown
    }
}

extension MetricReading {
    /// Returns the number of CPUs in a list, nil if it is absent or empty.
    static func cpuCount(_ reading: Reading) -> Int? {
        guard let word = reading.value else { return nil }
        let count = RangeList(Word.text(word))?.numbers.count ?? 0
        return count > 0 ? count : nil
    }
}

extension Snapshot {
    /// Whether the cgroup or a descendant has a process.
    ///
    /// v2 has `populated`, v1 the pids controller; on a hybrid host a process may be in only one of
    /// the two hierarchies. A cgroup that is in neither counts as populated.
    func isPopulated(_ position: Int) -> Bool {
        let told = [self[position, .populated].value, self[position, .pidsCurrent].value]
        let known = told.compactMap { $0 }
        return known.isEmpty || known.contains { $0 > 0 }
    }
}
