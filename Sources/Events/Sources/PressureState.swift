internal import CgroupModel

/// A resource whose pressure is watched (Documentation/accounting/psi.rst).
enum PressedResource: String, CaseIterable, Sendable {
    case cpu, memory, io

    /// The share of time in which some task waits that counts as pressure, in percent.
    ///
    /// Waiting for memory is never normal, but tasks of a busy host wait for CPUs and disks.
    var threshold: Double { self == .memory ? 10 : 50 }

    /// The share of the last 10 s, in hundredths of a percent.
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

    /// Returns the same share for the host.
    func share(of host: HostSample) -> Reading {
        switch self {
        case .cpu: host.cpuPressure
        case .memory: host.memoryPressure
        case .io: host.ioPressure
        }
    }
}

/// Whether a cgroup or the host is under pressure, by resource.
struct PressureState: Sendable {
    /// The times at which present pressure began, in nanoseconds of CLOCK_BOOTTIME.
    private var begun: [PressedResource: UInt64] = [:]

    /// Whether there is pressure on any resource.
    var isOpen: Bool { !begun.isEmpty }

    /// Takes a share in hundredths of a percent; returns the details of a beginning or an end.
    ///
    /// Pressure ends below half of the threshold, so that a share near the threshold does not cause
    /// many events.
    mutating func take(
        _ resource: PressedResource, _ share: UInt64?, now: UInt64
    ) -> [EventField: EventValue]? {
        guard let share else { return nil }
        let percent = Double(share) / 100
        if begun[resource] == nil, percent >= resource.threshold {
            return begin(resource, now: now, percent)
        }
        return percent < resource.threshold / 2 ? end(resource, now: now) : nil
    }

    /// Begins pressure on a resource; nil if it has already begun.
    mutating func begin(
        _ resource: PressedResource, now: UInt64, _ percent: Double? = nil
    ) -> [EventField: EventValue]? {
        guard begun[resource] == nil else { return nil }
        begun[resource] = now
        var details = Self.details(resource, "begin")
        details[.share] = percent.map { .decimal($0) }
        return details
    }

    /// Ends pressure on a resource; nil if there is none.
    mutating func end(_ resource: PressedResource, now: UInt64) -> [EventField: EventValue]? {
        guard let start = begun.removeValue(forKey: resource) else { return nil }
        var details = Self.details(resource, "end")
        details[.duration] = .number((now > start ? now - start : 0) / 1000)
        return details
    }

    private static func details(
        _ resource: PressedResource, _ state: String
    ) -> [EventField: EventValue] {
        [.resource: .text(resource.rawValue), .state: .text(state)]
    }
}
