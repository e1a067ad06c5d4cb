/// The host as a whole, from `/proc`; used for metrics that the root cgroup lacks.
///
/// Memory is in bytes. The v2 root has no `memory.current`, and no root has `pids.current`.
public struct HostSample: Hashable, Sendable {
    /// Total memory: `MemTotal` in `/proc/meminfo`.
    public var memoryTotal: Reading = .absent
    /// Unused memory: `MemFree` in `/proc/meminfo`.
    public var memoryFree: Reading = .absent
    /// Memory available without swapping: `MemAvailable` in `/proc/meminfo`.
    public var memoryAvailable: Reading = .absent
    /// Total swap: `SwapTotal` in `/proc/meminfo`.
    public var swapTotal: Reading = .absent
    /// Unused swap: `SwapFree` in `/proc/meminfo`.
    public var swapFree: Reading = .absent
    /// The number of tasks (threads), from `/proc/loadavg`.
    public var tasks: Reading = .absent
    /// The 1-minute load average in hundredths, from `/proc/loadavg`.
    ///
    /// It counts running and waiting tasks, and those in uninterruptible sleep.
    public var load: Reading = .absent
    /// The number of online CPUs, from the `cpuN` lines of `/proc/stat`.
    public var cpuCount: Int = 1
    /// Busy CPU time in microseconds since boot, from the `cpu` line of `/proc/stat`.
    public var cpuBusy: Reading = .absent
    /// ``cpuBusy`` at the previous read.
    public var previousCPUBusy: Reading = .absent
    /// Busy, idle, iowait and steal time of all CPUs in microseconds since boot.
    public var cpuTotal: Reading = .absent
    /// ``cpuTotal`` at the previous read.
    public var previousCPUTotal: Reading = .absent
    /// The files in `/proc/pressure`.
    public var pressure = HostPressure()
    /// The disks with any activity, in the kernel's order, from `/proc/diskstats`.
    public var disks: [DiskSample] = []

    /// Creates a sample without values.
    public init() {}

    /// Memory in use without page cache: total minus available, or minus free if that is unknown.
    public var memoryUsed: Reading {
        guard let total = memoryTotal.value, let free = memoryAvailable.value ?? memoryFree.value
        else { return memoryTotal }
        return Reading(total >= free ? total - free : 0)
    }

    /// The busy share of all CPUs, 0 to 1; nil before the second read.
    public var cpuUtilisation: Double? {
        guard let busy = cpuBusy.growth(from: previousCPUBusy),
            let total = cpuTotal.growth(from: previousCPUTotal), total > 0
        else { return nil }
        return min(Double(busy) / Double(total), 1)
    }

    /// CPU pressure, `some avg10`, in hundredths of a percent.
    public var cpuPressure: Reading {
        get { pressure.cpu.some.avg10 }
        set { pressure.cpu.some.avg10 = newValue }
    }
    /// Memory pressure, `some avg10`, in hundredths of a percent.
    public var memoryPressure: Reading {
        get { pressure.memory.some.avg10 }
        set { pressure.memory.some.avg10 = newValue }
    }
    /// I/O pressure, `some avg10`, in hundredths of a percent.
    public var ioPressure: Reading {
        get { pressure.io.some.avg10 }
        set { pressure.io.some.avg10 = newValue }
    }

    /// Swap in use, in bytes.
    public var swapUsed: Reading {
        guard let total = swapTotal.value, let free = swapFree.value else { return swapTotal }
        return Reading(total >= free ? total - free : 0)
    }
}

/// Statistics on reading a collector's files.
public struct CollectorHealth: Hashable, Sendable {
    /// The collector.
    public let collector: Collector
    /// The time spent on its files in this tick, in nanoseconds.
    public var duration: UInt64 = 0
    /// Files that could not be read or parsed, since the start.
    public var failures: UInt64 = 0
    /// Rows skipped because their device has no name, since the start.
    public var skippedRows: UInt64 = 0
    /// Whether any file failed in this tick.
    public var hasFailed = false

    /// Creates a value without counts.
    public init(_ collector: Collector) { self.collector = collector }
}

/// Statistics on sampling; all fields are totals since the start, except for the last three.
public struct SampleHealth: Hashable, Sendable {
    /// Files read.
    public var filesRead: UInt64 = 0
    /// Files with a malformed line, or whose reading failed unexpectedly.
    public var malformed: UInt64 = 0
    /// Files that this process has no permission to read.
    public var notPermitted: UInt64 = 0
    /// Cgroups that appeared.
    public var births: UInt64 = 0
    /// Cgroups that vanished.
    public var deaths: UInt64 = 0
    /// Files that had to be reopened because the descriptor budget was used up.
    public var unkept: UInt64 = 0
    /// Files kept open now.
    public var descriptors: UInt64 = 0
    /// The duration of this tick's sampling in nanoseconds.
    public var duration: UInt64 = 0
    /// Statistics on each collector that has files here.
    public var collectors: [CollectorHealth] = []

    /// Creates a value without counts.
    public init() {}
}
