internal import CgroupModel

/// A resource whose pressure is watched (Documentation/accounting/psi.rst).
enum PressureResource: String, CaseIterable, Sendable {
    case cpu, memory, io

    /// The threshold in percent: pressure begins when some task waits for at least this share of the
    /// time.
    ///
    /// Waiting for memory is never normal, but tasks of a busy host wait for CPUs and disks.
    var threshold: Double { self == .memory ? 10 : 50 }

    /// The metric of a cgroup's share of the last 10 s, in hundredths of a percent.
    var metric: MetricID {
        switch self {
        case .cpu: .cpuPressureSome
        case .memory: .memoryPressureSome
        case .io: .ioPressureSome
        }
    }

    /// Returns the time that some task of the host has waited, in microseconds since boot.
    func total(of host: HostSample) -> Reading {
        switch self {
        case .cpu: host.pressure.cpu.some.total
        case .memory: host.pressure.memory.some.total
        case .io: host.pressure.io.some.total
        }
    }

    /// Returns the host's share of the last 10 s, in hundredths of a percent.
    func share(of host: HostSample) -> Reading {
        switch self {
        case .cpu: host.cpuPressure
        case .memory: host.memoryPressure
        case .io: host.ioPressure
        }
    }
}
