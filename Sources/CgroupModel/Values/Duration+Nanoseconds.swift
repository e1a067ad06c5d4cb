extension Duration {
    /// The length in whole nanoseconds: 0 for a negative one, at most `UInt64.max / 4` (146 years),
    /// so that a sum of two instants does not overflow.
    package var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        let whole = UInt64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let fraction = UInt64(clamping: attoseconds / 1_000_000_000)
        return whole.overflow ? .max / 4 : min(whole.partialValue + fraction, .max / 4)
    }

    /// The length in whole milliseconds, with the bounds of ``nanoseconds``.
    package var milliseconds: UInt64 { nanoseconds / 1_000_000 }
}
