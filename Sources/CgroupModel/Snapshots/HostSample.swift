/// The host as a whole, from `/proc`; used for metrics that the root cgroup lacks.
///
/// Memory is in bytes. The v2 root has no `memory.current`, and no root has `pids.current`.
package struct HostSample: Hashable, Sendable {
    /// Total memory: `MemTotal` in `/proc/meminfo`.
    package var memoryTotal: Reading = .absent
    /// Unused memory: `MemFree` in `/proc/meminfo`.
    package var memoryFree: Reading = .absent
    /// Memory available without swapping: `MemAvailable` in `/proc/meminfo`.
    package var memoryAvailable: Reading = .absent
    /// Total swap: `SwapTotal` in `/proc/meminfo`.
    package var swapTotal: Reading = .absent
    /// Unused swap: `SwapFree` in `/proc/meminfo`.
    package var swapFree: Reading = .absent
    /// The number of tasks (threads), from `/proc/loadavg`.
    package var tasks: Reading = .absent
    /// The 1-minute load average in hundredths, from `/proc/loadavg`.
    ///
    /// It counts running and waiting tasks, and those in uninterruptible sleep.
    package var load: Reading = .absent
    /// The number of online CPUs, from the `cpuN` lines of `/proc/stat`.
    package var cpuCount: Int = 1
    /// Busy CPU time in microseconds since boot, from the `cpu` line of `/proc/stat`.
    package var cpuBusy: Reading = .absent
    /// ``cpuBusy`` at the previous read.
    package var previousCPUBusy: Reading = .absent
    /// Busy, idle, iowait and steal time of all CPUs in microseconds since boot.
    package var cpuTotal: Reading = .absent
    /// ``cpuTotal`` at the previous read.
    package var previousCPUTotal: Reading = .absent
    /// The files in `/proc/pressure`.
    package var pressure = HostPressure()
    /// The disks with any activity, in the kernel's order, from `/proc/diskstats`.
    package var disks: [DiskSample] = []

    /// Creates a sample without values.
    package init() {}

    /// Memory in use without page cache: total minus available, or minus free if that is unknown.
    package var memoryUsed: Reading {
        guard let total = memoryTotal.value, let free = memoryAvailable.value ?? memoryFree.value
        else { return memoryTotal }
        return Reading(total >= free ? total - free : 0)
    }

    /// The busy share of all CPUs, 0 to 1; nil before the second read.
    package var cpuUtilization: Double? {
        guard let busy = cpuBusy.growth(from: previousCPUBusy),
            let total = cpuTotal.growth(from: previousCPUTotal), total > 0
        else { return nil }
        return min(Double(busy) / Double(total), 1)
    }

    /// CPU pressure, `some avg10`, in hundredths of a percent.
    package var cpuPressure: Reading {
        get { pressure.cpu.some.avg10 }
        set { pressure.cpu.some.avg10 = newValue }
    }
    /// Memory pressure, `some avg10`, in hundredths of a percent.
    package var memoryPressure: Reading {
        get { pressure.memory.some.avg10 }
        set { pressure.memory.some.avg10 = newValue }
    }
    /// I/O pressure, `some avg10`, in hundredths of a percent.
    package var ioPressure: Reading {
        get { pressure.io.some.avg10 }
        set { pressure.io.some.avg10 = newValue }
    }

    /// Swap in use, in bytes.
    package var swapUsed: Reading {
        guard let total = swapTotal.value, let free = swapFree.value else { return swapTotal }
        return Reading(total >= free ? total - free : 0)
    }
}

/// Statistics on reading a collector's files.
package struct CollectorHealth: Hashable, Sendable {
    /// The collector.
    package let collector: Collector
    /// The time spent on its files in this tick, in nanoseconds.
    package var duration: UInt64 = 0
    /// Files that could not be read or parsed, since the start.
    package var failures: UInt64 = 0
    /// Rows skipped because their device has no name, since the start.
    package var skippedRows: UInt64 = 0
    /// Whether any file failed in this tick.
    package var hasFailed = false

    /// Creates a value without counts.
    package init(_ collector: Collector) { self.collector = collector }
}

/// Statistics on sampling; all fields are totals since the start, except for the last three.
package struct SampleHealth: Hashable, Sendable {
    /// Files read.
    package var filesRead: UInt64 = 0
    /// Files with a malformed line, or whose reading failed unexpectedly.
    package var malformed: UInt64 = 0
    /// Files that this process has no permission to read.
    package var notPermitted: UInt64 = 0
    /// Cgroups that appeared.
    package var births: UInt64 = 0
    /// Cgroups that vanished.
    package var deaths: UInt64 = 0
    /// Files that had to be reopened because the descriptor budget was used up.
    package var unkept: UInt64 = 0
    /// Files kept open now.
    package var descriptors: UInt64 = 0
    /// The duration of this tick's sampling in nanoseconds.
    package var duration: UInt64 = 0
    /// Statistics on each collector that has files here.
    package var collectors: [CollectorHealth] = []

    /// Creates a value without counts.
    package init() {}
}
