import CgroupModel

/// The numbers of a snapshot that do not belong to a cgroup, in the order in which a frame holds
/// them.
enum ScalarFields {
    private static let readings: [any WritableKeyPath<HostSample, Reading> & Sendable] = [
        \.memoryTotal, \.memoryFree, \.memoryAvailable, \.swapTotal, \.swapFree, \.tasks, \.load,
        \.cpuBusy, \.previousCPUBusy, \.cpuTotal, \.previousCPUTotal,
        \.pressure.cpu.some.avg10, \.pressure.cpu.some.avg60, \.pressure.cpu.some.avg300,
        \.pressure.cpu.some.total, \.pressure.cpu.full.avg10, \.pressure.cpu.full.avg60,
        \.pressure.cpu.full.avg300, \.pressure.cpu.full.total,
        \.pressure.memory.some.avg10, \.pressure.memory.some.avg60,
        \.pressure.memory.some.avg300, \.pressure.memory.some.total,
        \.pressure.memory.full.avg10, \.pressure.memory.full.avg60,
        \.pressure.memory.full.avg300, \.pressure.memory.full.total,
        \.pressure.io.some.avg10, \.pressure.io.some.avg60, \.pressure.io.some.avg300,
        \.pressure.io.some.total, \.pressure.io.full.avg10, \.pressure.io.full.avg60,
        \.pressure.io.full.avg300, \.pressure.io.full.total,
    ]

    private static let counts: [any WritableKeyPath<SampleHealth, UInt64> & Sendable] = [
        \.filesRead, \.malformed, \.notPermitted, \.births, \.deaths, \.unkept, \.descriptors,
        \.duration,
    ]

    private static let diskLimit = 1 << 16
    private static let cpuLimit: UInt64 = 1 << 16
    /// The maximum of a time, so that readers can add and compare times without overflow.
    private static let timeLimit = UInt64.max / 4
    /// The base of the difference for a disk without a counterpart in the earlier frame.
    private static let newDisk = DiskSample(device: InstanceKey(rawValue: 0), busy: .absent)

    static func write(_ host: HostSample, from earlier: HostSample, to out: inout RunWriter) {
        for field in readings {
            out.put(host[keyPath: field].rawValue, from: earlier[keyPath: field].rawValue)
        }
        out.put(UInt64(host.cpuCount.magnitude), from: UInt64(earlier.cpuCount.magnitude))
        out.put(UInt64(host.disks.count))
        for (place, disk) in host.disks.enumerated() {
            let base = place < earlier.disks.count ? earlier.disks[place] : newDisk
            out.put(UInt64(disk.device.rawValue), from: UInt64(base.device.rawValue))
            out.put(disk.busy.rawValue, from: base.busy.rawValue)
            out.put(disk.previousBusy.rawValue, from: base.busy.rawValue)
        }
    }

    static func readHost(
        from earlier: HostSample, _ input: inout RunReader
    ) throws(FrameError) -> HostSample {
        var host = earlier
        for field in readings {
            host[keyPath: field] = Reading(
                rawValue: try input.next(from: earlier[keyPath: field].rawValue))
        }
        let cpus = try input.next(from: UInt64(earlier.cpuCount.magnitude))
        guard cpus <= cpuLimit else { throw input.error(.malformed) }
        host.cpuCount = Int(cpus)
        host.disks = []
        for place in 0..<(try input.count(upTo: diskLimit)) {
            let base = place < earlier.disks.count ? earlier.disks[place] : newDisk
            let device = try input.next(from: UInt64(base.device.rawValue))
            guard let number = UInt32(exactly: device) else { throw input.error(.malformed) }
            let busy = try input.next(from: base.busy.rawValue)
            let before = try input.next(from: base.busy.rawValue)
            host.disks.append(
                DiskSample(
                    device: InstanceKey(rawValue: number), busy: Reading(rawValue: busy),
                    previousBusy: Reading(rawValue: before)))
        }
        return host
    }

    static func write(_ health: SampleHealth, from earlier: SampleHealth, to out: inout RunWriter) {
        for field in counts { out.put(health[keyPath: field], from: earlier[keyPath: field]) }
    }

    static func readHealth(
        from earlier: SampleHealth, _ input: inout RunReader
    ) throws(FrameError) -> SampleHealth {
        var health = earlier
        for field in counts {
            health[keyPath: field] = try input.next(from: earlier[keyPath: field])
        }
        return health
    }

    /// Predicts a tier's earlier time: its time in the earlier frame if it was read since.
    static func write(_ times: [TierTimes], from earlier: [TierTimes], to out: inout RunWriter) {
        out.put(UInt64(times.count))
        for (tier, time) in times.enumerated() {
            let base = tier < earlier.count ? earlier[tier] : TierTimes(now: 0, before: 0)
            out.put(time.now, from: base.now)
            out.put(time.before, from: time.now == base.now ? base.before : base.now)
        }
    }

    static func readTimes(
        from earlier: [TierTimes], _ input: inout RunReader
    ) throws(FrameError) -> [TierTimes] {
        var times: [TierTimes] = []
        // Rates look up their tier, so all tiers must be present.
        guard try input.next() == UInt64(Tier.allCases.count) else {
            throw input.error(.malformed)
        }
        for tier in Tier.allCases.indices {
            let base = tier < earlier.count ? earlier[tier] : TierTimes(now: 0, before: 0)
            let now = try input.next(from: base.now)
            let before = try input.next(from: now == base.now ? base.before : base.now)
            guard max(now, before) <= timeLimit else { throw input.error(.malformed) }
            times.append(TierTimes(now: now, before: before))
        }
        return times
    }
}
