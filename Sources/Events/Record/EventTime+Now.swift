internal import KernelIO

extension EventTime {
    /// The time now.
    package static var now: EventTime {
        EventTime(wall: MonotonicClock.wallMicroseconds, boot: MonotonicClock.bootNanoseconds)
    }
}
