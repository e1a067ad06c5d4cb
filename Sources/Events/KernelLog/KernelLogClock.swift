internal import KernelIO

/// Converts times of the kernel's log clock, which stops during suspend like CLOCK_MONOTONIC.
///
/// The time of a record from before a suspend is therefore too late by the length of the suspend.
package struct KernelLogClock: Sendable {
    private let monotonic, wall, boot: UInt64

    /// Creates a conversion from three readings of the same instant: microseconds of CLOCK_MONOTONIC
    /// and since 1970, and nanoseconds of CLOCK_BOOTTIME.
    package init(monotonic: UInt64, wall: UInt64, boot: UInt64) {
        self.monotonic = monotonic
        self.wall = wall
        self.boot = boot
    }

    /// The conversion at the current time.
    package static var now: KernelLogClock {
        KernelLogClock(
            monotonic: MonotonicClock.nanoseconds / 1000, wall: MonotonicClock.wallMicroseconds,
            boot: MonotonicClock.bootNanoseconds)
    }

    /// The age of a record in microseconds; 0 for a record that is newer than the readings.
    package func age(_ microseconds: UInt64) -> UInt64 {
        monotonic > microseconds ? monotonic - microseconds : 0
    }

    /// The time of a record, at most the time of the readings.
    package func time(_ microseconds: UInt64) -> EventTime {
        let age = age(microseconds)
        return EventTime(
            wall: wall > age ? wall - age : 0,
            boot: boot > age.multipliedClamped ? boot - age.multipliedClamped : 0)
    }
}

extension UInt64 {
    /// Microseconds in nanoseconds.
    fileprivate var multipliedClamped: UInt64 {
        let (product, overflow) = multipliedReportingOverflow(by: 1000)
        return overflow ? .max : product
    }
}
