/// The machine as a whole, from `/proc`; it stands in for what the root cgroup does not have.
///
/// Memory is in bytes. The root of v2 has no `memory.current` and no root has `pids.current`.
public struct HostSample: Hashable, Sendable {
    /// `MemTotal`, `MemFree` and `MemAvailable` of `/proc/meminfo`.
    public var memoryTotal: Reading = .absent
    /// Memory that nothing uses.
    public var memoryFree: Reading = .absent
    /// Memory that could be had without swapping.
    public var memoryAvailable: Reading = .absent
    /// `SwapTotal` of `/proc/meminfo`.
    public var swapTotal: Reading = .absent
    /// `SwapFree` of `/proc/meminfo`.
    public var swapFree: Reading = .absent
    /// Tasks (threads), from `/proc/loadavg`.
    public var tasks: Reading = .absent
    /// Tasks that ran or waited over the last minute, in hundredths, from `/proc/loadavg`; those in
    /// uninterruptible sleep count too.
    public var load: Reading = .absent
    /// Online CPUs, from the `cpuN` lines of `/proc/stat`.
    public var cpuCount: Int = 1
    /// Busy CPU time in microseconds since boot, from the `cpu` line of `/proc/stat`.
    public var cpuBusy: Reading = .absent
    /// The same when it was read before.
    public var previousCPUBusy: Reading = .absent
    /// Busy, idle, waiting and stolen CPU time together, over all CPUs, in microseconds since boot.
    public var cpuTotal: Reading = .absent
    /// The same when it was read before.
    public var previousCPUTotal: Reading = .absent
    /// `/proc/pressure`.
    public var pressure = HostPressure()
    /// The disks that were ever used, in the kernel's order, from `/proc/diskstats`.
    public var disks: [DiskSample] = []

    /// Nothing known yet.
    public init() {}

    /// Memory in use, page cache not counted: total less available.
    public var memoryUsed: Reading {
        guard let total = memoryTotal.value, let free = memoryAvailable.value ?? memoryFree.value
        else { return memoryTotal }
        return Reading(total >= free ? total - free : 0)
    }

    /// The busy share of all CPUs, 0 to 1; nil before the second reading.
    public var cpuUtilisation: Double? {
        guard let busy = cpuBusy.growth(from: previousCPUBusy),
            let total = cpuTotal.growth(from: previousCPUTotal), total > 0
        else { return nil }
        return min(Double(busy) / Double(total), 1)
    }

    /// `some avg10` of `/proc/pressure/cpu`, in hundredths of a percent.
    public var cpuPressure: Reading {
        get { pressure.cpu.some.avg10 }
        set { pressure.cpu.some.avg10 = newValue }
    }
    /// The same of memory.
    public var memoryPressure: Reading {
        get { pressure.memory.some.avg10 }
        set { pressure.memory.some.avg10 = newValue }
    }
    /// The same of I/O.
    public var ioPressure: Reading {
        get { pressure.io.some.avg10 }
        set { pressure.io.some.avg10 = newValue }
    }

    /// Swap in use.
    public var swapUsed: Reading {
        guard let total = swapTotal.value, let free = swapFree.value else { return swapTotal }
        return Reading(total >= free ? total - free : 0)
    }
}

/// How well the reading of a collector's files went.
public struct CollectorHealth: Hashable, Sendable {
    /// Whose files.
    public let collector: Collector
    /// How long reading them took in this tick, in nanoseconds.
    public var duration: UInt64 = 0
    /// Files that could not be read or understood, since the start.
    public var failures: UInt64 = 0
    /// Rows left out, since they are about devices without a name, since the start.
    public var skippedRows: UInt64 = 0
    /// Whether there were any failures in this tick.
    public var hasFailed = false

    /// Nothing counted yet.
    public init(_ collector: Collector) { self.collector = collector }
}

/// How well the sampling of one tick went; every field but the last three counts up.
public struct SampleHealth: Hashable, Sendable {
    /// Files read.
    public var filesRead: UInt64 = 0
    /// Files with a line that could not be understood, or that failed in an unexpected way.
    public var malformed: UInt64 = 0
    /// Files that this process may not read.
    public var notPermitted: UInt64 = 0
    /// Cgroups first seen.
    public var births: UInt64 = 0
    /// Cgroups that vanished.
    public var deaths: UInt64 = 0
    /// Files that were opened anew because no descriptor was free to keep.
    public var unkept: UInt64 = 0
    /// Descriptors kept open now.
    public var descriptors: UInt64 = 0
    /// How long this tick's reading took, in nanoseconds.
    public var duration: UInt64 = 0
    /// The same by collector, of those that have files here.
    public var collectors: [CollectorHealth] = []

    /// Nothing counted yet.
    public init() {}
}
