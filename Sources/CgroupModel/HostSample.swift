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
    /// Online CPUs, from the `cpuN` lines of `/proc/stat`.
    public var cpuCount: Int = 1
    /// Busy CPU time in microseconds since boot, from the `cpu` line of `/proc/stat`.
    public var cpuBusy: Reading = .absent
    /// The same when it was read before.
    public var previousCPUBusy: Reading = .absent
    /// `some avg10` of `/proc/pressure/cpu`, `memory` and `io`, in hundredths of a percent.
    public var cpuPressure: Reading = .absent
    /// Memory pressure.
    public var memoryPressure: Reading = .absent
    /// I/O pressure.
    public var ioPressure: Reading = .absent

    /// Nothing known yet.
    public init() {}

    /// Memory in use, page cache not counted: total less available.
    public var memoryUsed: Reading {
        guard let total = memoryTotal.value, let free = memoryAvailable.value ?? memoryFree.value
        else { return memoryTotal }
        return Reading(total >= free ? total - free : 0)
    }

    /// Swap in use.
    public var swapUsed: Reading {
        guard let total = swapTotal.value, let free = swapFree.value else { return swapTotal }
        return Reading(total >= free ? total - free : 0)
    }
}

/// How well the sampling of one tick went; every field but the last two counts up.
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

    /// Nothing counted yet.
    public init() {}
}
