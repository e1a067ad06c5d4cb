/// Detects a livelock of a cgroup whose memory.high was set by a policy: above it the kernel
/// throttles so hard that nothing progresses, and nothing is killed either.
///
/// It is a livelock if for 30 s all tasks stall on memory at least 40 % of the time, the kernel
/// keeps throttling, and usage does not change. If they stall at least 90 % of the time, usage may
/// grow by up to half, because a hog that runs briefly every 2 s creeps upwards. Falling usage is
/// reclaim, which is progress. After a livelock, memory.high has to be raised to max, and
/// not be set again for ten minutes.
package struct HighWatcher: Hashable, Sendable {
    /// A sample of the cgroup.
    package struct Sample: Hashable, Sendable {
        /// memory.current in bytes.
        package var usage: UInt64
        /// `high` of memory.events.
        package var highEvents: UInt64
        /// `full avg10` of memory.pressure, 0 to 100; nil without PSI, which is never a livelock.
        package var fullPressure: Double?

        package init(usage: UInt64, highEvents: UInt64, fullPressure: Double?) {
            self.usage = usage
            self.highEvents = highEvents
            self.fullPressure = fullPressure
        }
    }

    private static let span = Duration.seconds(30)
    private static let rest = Duration.seconds(600)
    private static let pressure = 40.0
    /// The kernel delays a task for up to 2 s; meanwhile, a single task cannot cause an event.
    private static let longestQuiet = Duration.seconds(5)
    /// The maximum change of usage that counts as unchanged, as a share.
    private static let flatness = 0.02
    /// Pressure at which growing usage is not progress.
    private static let standstill = 90.0
    /// The maximum growth of usage at that pressure, as a share.
    private static let creeping = 0.5

    private var since: PolicyInstant?
    private var lowest: UInt64 = 0
    private var highest: UInt64 = 0
    private var weakest = 0.0
    private var events: UInt64 = 0
    private var lastEvent: PolicyInstant?
    private var restUntil: PolicyInstant?

    /// Starts without samples.
    package init() {}

    /// Whether memory.high must not be set, because it was just raised.
    package func isResting(_ now: PolicyInstant) -> Bool { restUntil.map { now < $0 } ?? false }

    /// Adds a sample; returns whether memory.high has to be raised to max now.
    package mutating func observe(_ sample: Sample, at now: PolicyInstant) -> Bool {
        let pressure = sample.fullPressure ?? 0
        guard !isResting(now), pressure >= Self.pressure else {
            since = nil
            return false
        }
        weakest = min(weakest, pressure)
        guard let start = since, sample.highEvents >= events, isStuck(at: sample.usage) else {
            begin(sample, now)
            return false
        }
        if sample.highEvents > events { lastEvent = now }
        events = sample.highEvents
        lowest = min(lowest, sample.usage)
        highest = max(highest, sample.usage)
        guard let lastEvent, now.since(lastEvent) <= Self.longestQuiet else {
            begin(sample, now)
            return false
        }
        guard now.since(start) >= Self.span else { return false }
        since = nil
        restUntil = now.advanced(by: Self.rest)
        return true
    }

    private func isStuck(at usage: UInt64) -> Bool {
        let top = Double(max(highest, usage))
        let isFalling = top - Double(usage) > top * Self.flatness
        let growth = weakest >= Self.standstill ? Self.creeping : Self.flatness
        return !isFalling && top - Double(lowest) <= Double(lowest) * growth
    }

    private mutating func begin(_ sample: Sample, _ now: PolicyInstant) {
        since = now
        lowest = sample.usage
        highest = sample.usage
        weakest = sample.fullPressure ?? 0
        events = sample.highEvents
        lastEvent = now
    }
}
