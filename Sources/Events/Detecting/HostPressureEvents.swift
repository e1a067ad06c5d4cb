internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Finds pressure on the host.
///
/// With a trigger on `/proc/pressure` the kernel reports it at once; resources without a trigger
/// are watched in samples.
struct HostPressureEvents: Sendable {
    /// A trigger, which is removed with this object.
    private final class Trigger: Sendable {
        let file: OwnedDescriptor

        init(_ resource: PressureResource, _ directory: borrowing OwnedDescriptor) throws(IOError) {
            file = try OwnedDescriptor.pressureTrigger(
                resource.rawValue, in: directory, stall: HostPressureEvents.share(resource),
                window: HostPressureEvents.window)
        }
    }

    /// The window of the triggers in microseconds.
    private static let window: UInt64 = 2_000_000

    /// The time in a window that counts as pressure, in microseconds.
    private static func share(_ resource: PressureResource) -> UInt64 {
        UInt64(Double(window) * resource.threshold / 100)
    }

    /// The time without a report after which pressure has ended, in nanoseconds.
    private static let quiet: UInt64 = 5_000_000_000

    private var triggers: [PressureResource: Trigger] = [:]
    /// The resources with a trigger, in the order of ``addTriggers(to:)``.
    private var triggered: [PressureResource] = []
    /// The triggers that have fired since the last ``read(_:)``.
    private var fired: Set<PressureResource> = []
    /// Whether the owner has polled the triggers since the last ``read(_:)``.
    private var isPolled = false
    /// The times of the last reports, in nanoseconds of CLOCK_BOOTTIME.
    private var reports: [PressureResource: UInt64] = [:]
    private var stalls: [PressureResource: StallTime] = [:]
    private var state = PressureState()
    private let system: SystemRoot

    /// Sets the triggers that the kernel accepts; a captured tree has none.
    init(_ system: SystemRoot) {
        self.system = system
        guard system.isLive,
            let directory = try? OwnedDescriptor.directory(system.proc("pressure"))
        else { return }
        for resource in PressureResource.allCases {
            triggers[resource] = try? Trigger(resource, directory)
            _ = growth(resource, now: MonotonicClock.bootNanoseconds)
        }
        triggered = PressureResource.allCases.filter { triggers[$0] != nil }
    }

    /// Adds the triggers to a list for poll(2).
    func addTriggers(to list: inout PollList) {
        for resource in triggered {
            if let trigger = triggers[resource] { list.add(trigger.file.number, for: .notice) }
        }
    }

    /// Notes which triggers have fired in a polled list, where they begin at index `start`.
    mutating func note(_ list: PollList, from start: Int) {
        isPolled = true
        for (place, resource) in triggered.enumerated()
        where list.hasNews((start + place)..<(start + place + 1)) {
            fired.insert(resource)
        }
    }

    /// Returns the events from the kernel's reports since the last call; never waits.
    ///
    /// poll(2) consumes a report, so a caller that polls the triggers must pass its list to
    /// ``note(_:from:)``.
    mutating func read(_ time: EventTime) -> [Event] {
        guard !triggered.isEmpty else { return [] }
        if !isPolled {
            var list = PollList()
            addTriggers(to: &list)
            list.wait(milliseconds: 0)
            note(list, from: 0)
        }
        defer { (fired, isPolled) = ([], false) }
        var events: [Event] = []
        for resource in triggered {
            let hasFired =
                fired.contains(resource)
                && growth(resource, now: time.boot) ?? 0 >= Self.share(resource)
            let details = report(hasFired, of: resource, now: time.boot)
            if let details { events.append(Event(.pressure, time, nil, details)) }
        }
        return events
    }

    /// Returns the time that tasks have waited lately, in microseconds; nil if it is unknown.
    private mutating func growth(_ resource: PressureResource, now: UInt64) -> UInt64? {
        let file = system.proc("pressure/\(resource.rawValue)")
        guard let bytes = try? ReadBuffer.contents(of: file),
            let total = HostText.pressure(in: bytes).some.total.value
        else { return nil }
        return stalls[resource, default: StallTime(window: Self.window * 1000)]
            .growth(to: total, at: now)
    }

    /// Records whether a trigger has fired; returns the details of a beginning or an end.
    private mutating func report(
        _ hasFired: Bool, of resource: PressureResource, now: UInt64
    ) -> [EventField: EventValue]? {
        if hasFired {
            reports[resource] = now
            return state.begin(resource, now: now)
        }
        guard let last = reports[resource], now >= last, now - last >= Self.quiet else {
            return nil
        }
        reports[resource] = nil
        return state.end(resource, now: now)
    }

    /// Takes a sample: the waiting time for resources with a trigger, the share for the others.
    mutating func take(_ host: HostSample, _ time: EventTime) -> [Event] {
        PressureResource.allCases.compactMap { resource in
            guard triggers[resource] == nil else {
                if let total = resource.total(of: host).value {
                    _ = stalls[resource, default: StallTime(window: Self.window * 1000)]
                        .growth(to: total, at: time.boot)
                }
                return nil
            }
            return state.take(resource, resource.share(of: host).value, now: time.boot)
                .map { Event(.pressure, time, nil, $0) }
        }
    }
}
