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

        /// Sets the trigger; the kernel reports at most once in a window.
        ///
        /// Without CAP_SYS_RESOURCE, it accepts only multiples of 2 s as windows.
        init(_ resource: PressedResource, _ directory: borrowing OwnedDescriptor) throws(IOError) {
            let window = 2_000_000
            let share = Int(Double(window) * resource.threshold / 100)
            file = try OwnedDescriptor.trigger(resource.rawValue, in: directory)
            // The kernel requires the terminating zero byte of a C string.
            try file.write(
                Array("some \(share) \(window)".utf8) + [0], named: resource.rawValue)
        }
    }

    /// The time without a report after which pressure has ended, in nanoseconds.
    private static let quiet: UInt64 = 5_000_000_000

    private var triggers: [PressedResource: Trigger] = [:]
    /// The last reports, in nanoseconds of CLOCK_BOOTTIME.
    private var reports: [PressedResource: UInt64] = [:]
    private var state = PressureState()

    /// Sets the triggers that the kernel accepts; a captured tree has none.
    init(_ system: SystemRoot) {
        guard system.isLive,
            let directory = try? OwnedDescriptor.directory(system.proc("pressure"))
        else { return }
        for resource in PressedResource.allCases {
            triggers[resource] = try? Trigger(resource, directory)
        }
    }

    /// Returns the events from the kernel's reports since the last call; never waits.
    ///
    /// Only this method may poll the triggers, because poll(2) consumes a report.
    mutating func read(_ time: EventTime) -> [Event] {
        var events: [Event] = []
        for resource in PressedResource.allCases {
            guard let trigger = triggers[resource] else { continue }
            var list = PollList()
            list.add(trigger.file.number, for: .notice)
            list.wait(milliseconds: 0)
            let details = report(list.hasNews(0..<1), of: resource, now: time.boot)
            if let details { events.append(Event(.pressure, time, nil, details)) }
        }
        return events
    }

    /// Records whether a trigger has fired; returns the details of a beginning or an end.
    private mutating func report(
        _ hasFired: Bool, of resource: PressedResource, now: UInt64
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

    /// Takes a sample for the resources without a trigger.
    mutating func take(_ host: HostSample, _ time: EventTime) -> [Event] {
        PressedResource.allCases.compactMap { resource in
            guard triggers[resource] == nil else { return nil }
            return state.take(resource, resource.share(of: host).value, now: time.boot)
                .map { Event(.pressure, time, nil, $0) }
        }
    }
}
