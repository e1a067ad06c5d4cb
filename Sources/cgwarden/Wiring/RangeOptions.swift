import ArgumentParser
import CgroupModel
import KernelIO

/// Options of commands that can print a period of the past.
struct RangeOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Print the past from this time: -2h, 14:02, 'yesterday 14:00', RFC 3339.",
            valueName: "time"))
    var from: WrittenTime?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("End at this time (default: now).", valueName: "time"))
    var to: WrittenTime?
    @Option(
        help: ArgumentHelp(
            "Print the last sample of each period: 10s, 1m (default: all).", valueName: "time"))
    var step: Interval?
    @OptionGroup var store: HistoryOptions

    func validate() throws {
        if from == nil, to != nil || step != nil || store.history != nil {
            throw ValidationError("--to, --step and --history need --from")
        }
    }

    /// Opens the history; throws if the period is empty.
    func open(from: WrittenTime) throws -> PastPeriod {
        let reader = try store.open()
        let begin = try reader.instant(from)
        let end = try to.map { try reader.instant($0) } ?? reader.origin
        guard begin <= end else { throw ValidationError("--to is before --from") }
        return PastPeriod(
            reader: reader, range: begin...end, step: step.map { UInt64($0.seconds * 1e6) })
    }
}

/// A period of the past, which can be read several times.
struct PastPeriod {
    var reader: HistoryReader
    /// The first and the last time in microseconds since 1970.
    let range: ClosedRange<UInt64>
    /// The distance of the samples in microseconds; nil for all samples.
    let step: UInt64?

    /// Calls `body` with the samples until it returns false.
    ///
    /// With a step, the rates of a sample cover the time since the sample before it, which is also
    /// read for the first one. With `only`, samples may lack other metrics.
    mutating func samples(
        only metrics: Set<MetricID>? = nil, _ body: (Snapshot) throws -> Bool
    ) throws {
        let lead = step ?? 0
        let begin = range.lowerBound > lead ? range.lowerBound - lead : 0
        try reader.samples(begin...range.upperBound, step: step, only: metrics) { snapshot in
            guard snapshot.wallTime >= range.lowerBound else { return true }
            return try body(snapshot)
        }
    }

    /// The period in readable form.
    var text: String {
        "\(CivilTime(local: range.lowerBound).text) to \(CivilTime(local: range.upperBound).text)"
    }
}
