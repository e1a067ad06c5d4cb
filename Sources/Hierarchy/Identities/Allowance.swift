/// What may be spent a second; what is not spent is not saved up.
///
/// The last piece of work may overdraw it, which the next seconds then lack.
struct Allowance: Sendable {
    /// Bytes and nanoseconds a second; nil for as many as it takes.
    struct Rate: Sendable {
        var bytes: Int
        var nanoseconds: Int?
        /// Whether it is renewed as time goes by.
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

    /// Whether something is left at a time.
    mutating func isLeft(at now: UInt64) -> Bool {
        renew(at: now)
        return bytes > 0 && (rate.nanoseconds == nil || nanoseconds > 0)
    }

    /// Whether nothing was spent of late.
    mutating func isWhole(at now: UInt64) -> Bool {
        renew(at: now)
        return bytes == rate.bytes && nanoseconds == rate.nanoseconds ?? 0
    }

    /// Takes off what was spent.
    mutating func spend(bytes: Int, nanoseconds: Int) {
        self.bytes -= bytes
        if rate.nanoseconds != nil { self.nanoseconds -= nanoseconds }
    }

    private mutating func renew(at now: UInt64) {
        guard rate.isRenewed, now > renewed else { return }
        // Longer than a debt can last.
        let passed = Double(min(now - renewed, 1_000_000_000_000)) / 1e9
        let more = Int(passed * Double(rate.bytes))
        // Nothing is lost to rounding when it is asked often.
        guard more > 0 else { return }
        bytes = min(bytes + more, rate.bytes)
        if let most = rate.nanoseconds {
            nanoseconds = min(nanoseconds + Int(passed * Double(most)), most)
        }
        renewed = now
    }
}
