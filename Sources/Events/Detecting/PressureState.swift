/// Whether a cgroup or the host is under pressure, by resource.
struct PressureState: Sendable {
    /// The times at which present pressure began, in nanoseconds of CLOCK_BOOTTIME.
    private var begun: [PressureResource: UInt64] = [:]

    /// Whether there is pressure on any resource.
    var isUnderPressure: Bool { !begun.isEmpty }

    /// Takes a share in hundredths of a percent, nil if it could not be read; returns the details of
    /// a beginning or an end, nil if nothing changed.
    ///
    /// Pressure ends below half of the threshold, so that a share near the threshold does not cause
    /// many events.
    mutating func take(
        _ resource: PressureResource, _ share: UInt64?, now: UInt64
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
        _ resource: PressureResource, now: UInt64, _ percent: Double? = nil
    ) -> [EventField: EventValue]? {
        guard begun[resource] == nil else { return nil }
        begun[resource] = now
        var details = Self.details(resource, "begin")
        details[.share] = percent.map { .decimal($0) }
        return details
    }

    /// Ends pressure on a resource; nil if there is none.
    mutating func end(_ resource: PressureResource, now: UInt64) -> [EventField: EventValue]? {
        guard let start = begun.removeValue(forKey: resource) else { return nil }
        var details = Self.details(resource, "end")
        details[.duration] = .number((now > start ? now - start : 0) / 1000)
        return details
    }

    private static func details(
        _ resource: PressureResource, _ state: String
    ) -> [EventField: EventValue] {
        [.resource: .text(resource.rawValue), .state: .text(state)]
    }
}
