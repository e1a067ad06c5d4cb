/// Reduces the growth of a counter to a beginning and an end.
///
/// A cgroup at its limit may hit it hundreds of times a second. Only the first hit and the end of
/// the hits, after a quiet time, are events.
struct Episode: Sendable {
    /// A change of state.
    enum Change: Hashable, Sendable {
        /// The counter grew by this much after a quiet time.
        case begun(UInt64)
        /// The counter has not grown for the quiet time.
        case ended
    }

    /// The counter at the last sample; nil before the first one.
    private(set) var last: UInt64?
    /// The time of the last growth, in nanoseconds; nil if no episode is open.
    private var grewAt: UInt64?

    /// Whether an episode is open.
    var isOpen: Bool { grewAt != nil }

    /// Starts from 0, for a cgroup that was created after the previous sample.
    static let newborn = Episode(last: 0)

    init(last: UInt64? = nil) { self.last = last }

    /// Takes the value of the counter at `now`; `quiet` is in nanoseconds.
    ///
    /// The first value and a decrease, which is a reset, only set the base.
    mutating func take(_ value: UInt64?, now: UInt64, quiet: UInt64) -> Change? {
        guard let value else { return nil }
        defer { last = value }
        guard let last, value >= last else { return nil }
        if value > last {
            defer { grewAt = now }
            return grewAt == nil ? .begun(value - last) : nil
        }
        guard let grewAt, now >= grewAt, now - grewAt >= quiet else { return nil }
        self.grewAt = nil
        return .ended
    }
}
