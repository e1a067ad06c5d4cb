internal import Glibc

/// The clocks that sample timestamps come from.
package enum MonotonicClock {
    /// Nanoseconds since boot, without suspend (clock_gettime(2), CLOCK_MONOTONIC).
    package static var nanoseconds: UInt64 { read(CLOCK_MONOTONIC) }

    /// Nanoseconds since boot, time in suspend included (CLOCK_BOOTTIME).
    package static var bootNanoseconds: UInt64 { read(CLOCK_BOOTTIME) }

    /// Microseconds since 1970 (CLOCK_REALTIME).
    package static var wallMicroseconds: UInt64 { read(CLOCK_REALTIME) / 1000 }

    /// CPU time of this process in nanoseconds (CLOCK_PROCESS_CPUTIME_ID).
    package static var processCPUNanoseconds: UInt64 { read(CLOCK_PROCESS_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
