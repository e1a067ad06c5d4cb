/// A budget per second; unused budget does not accumulate beyond one second's worth.
///
/// The last piece of work may overdraw it, which reduces the budget of the following seconds.
struct Allowance: Sendable {
    /// Bytes and nanoseconds per second; nil nanoseconds for no limit.
    struct Rate: Sendable {
        var bytes: Int
        var nanoseconds: Int?
        /// Whether it is replenished over time.
        var isRenewed = true
    }

    private let rate: Rate
    private var bytes: Int
    private var nanoseconds: Int
    private var renewed: UInt64

    init(_ rate: Rate, at now: UInt64) {
        self.rate = rate
        bytes = rate.bytes
        nanoseconds = rate.nanoseconds ?? 0
        renewed = now
    }

    /// Whether any budget is left at a time.
    mutating func isLeft(at now: UInt64) -> Bool {
        renew(at: now)
        return bytes > 0 && (rate.nanoseconds == nil || nanoseconds > 0)
    }

    /// Whether the full budget is available at a time.
    mutating func isWhole(at now: UInt64) -> Bool {
        renew(at: now)
        return bytes == rate.bytes && nanoseconds == rate.nanoseconds ?? 0
    }

    /// Deducts what was spent.
    mutating func spend(bytes: Int, nanoseconds: Int) {
        self.bytes -= bytes
        if rate.nanoseconds != nil { self.nanoseconds -= nanoseconds }
    }

    private mutating func renew(at now: UInt64) {
        guard rate.isRenewed, now > renewed else { return }
        // Capped against overflow; no debt lasts longer.
        let passed = Double(min(now - renewed, 1_000_000_000_000)) / 1e9
        let more = Int(passed * Double(rate.bytes))
        // Wait for at least one byte, so that frequent calls lose nothing to rounding.
        guard more > 0 else { return }
        bytes = min(bytes + more, rate.bytes)
        if let most = rate.nanoseconds {
            nanoseconds = min(nanoseconds + Int(passed * Double(most)), most)
        }
        renewed = now
    }
}
