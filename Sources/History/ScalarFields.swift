import CgroupModel

/// The numbers of a snapshot that belong to no cgroup, in the order in which a frame holds them.
enum ScalarFields {
    private static let readings: [any WritableKeyPath<HostSample, Reading> & Sendable] = [
        \.memoryTotal, \.memoryFree, \.memoryAvailable, \.swapTotal, \.swapFree, \.tasks,
        \.cpuBusy, \.previousCPUBusy, \.cpuPressure, \.memoryPressure, \.ioPressure,
    ]

    private static let counts: [any WritableKeyPath<SampleHealth, UInt64> & Sendable] = [
        \.filesRead, \.malformed, \.notPermitted, \.births, \.deaths, \.unkept, \.descriptors,
        \.duration,
    ]

    static func write(_ host: HostSample, from earlier: HostSample, to out: inout RunWriter) {
        for field in readings {
            out.put(host[keyPath: field].rawValue, from: earlier[keyPath: field].rawValue)
        }
        out.put(UInt64(host.cpuCount.magnitude), from: UInt64(earlier.cpuCount.magnitude))
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
        guard cpus <= UInt64(Int32.max) else { throw input.error(.malformed) }
        host.cpuCount = Int(cpus)
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

    /// A tier's earlier time is what its time was in the frame before, if it was read since.
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
        for tier in 0..<(try input.count(upTo: 64)) {
            let base = tier < earlier.count ? earlier[tier] : TierTimes(now: 0, before: 0)
            let now = try input.next(from: base.now)
            let before = try input.next(from: now == base.now ? base.before : base.now)
            times.append(TierTimes(now: now, before: before))
        }
        return times
    }
}
