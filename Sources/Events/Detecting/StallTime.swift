/// The time in which some task waited, over the last window or two.
///
/// A new trigger may fire at once, because the kernel counts the time before it was set.
struct StallTime: Sendable {
    private let window: UInt64
    private var base: (time: UInt64, total: UInt64)?
    private var next: (time: UInt64, total: UInt64)?

    /// Starts without a total; `window` is in nanoseconds.
    init(window: UInt64) { self.window = window }

    /// Takes the kernel's total in microseconds at a time in nanoseconds of CLOCK_BOOTTIME.
    ///
    /// Returns its growth since at least a window ago, or since the first total; nil for the first.
    mutating func growth(to total: UInt64, at now: UInt64) -> UInt64? {
        if let next {
            if now >= next.time, now - next.time >= window {
                base = next
                self.next = (now, total)
            }
        } else {
            next = (now, total)
        }
        guard let base else {
            base = (now, total)
            return nil
        }
        return total >= base.total ? total - base.total : nil
    }
}
