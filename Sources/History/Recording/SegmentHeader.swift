import CgroupModel

/// The host and the run that a recording comes from.
package struct RecordingOrigin: Sendable, Hashable {
    /// The boot ID, from `/proc/sys/kernel/random/boot_id`.
    package var bootID: String
    /// The kernel release, from `/proc/sys/kernel/osrelease`.
    package var kernelRelease: String
    /// The page size in bytes (getpagesize(2)).
    package var pageSize: UInt64
    /// The start of the run in microseconds since 1970; distinguishes runs.
    package var runStart: UInt64
    /// Facts about the host that snapshots do not contain; nil if they are unknown.
    package var machine: RecordedMachine?

    /// Creates an origin from the properties of a host and a run.
    package init(
        bootID: String, kernelRelease: String, pageSize: UInt64, runStart: UInt64,
        machine: RecordedMachine? = nil
    ) {
        self.bootID = bootID
        self.kernelRelease = kernelRelease
        self.pageSize = pageSize
        self.runStart = runStart
        self.machine = machine
    }
}

/// The information needed to decode the frames of a segment.
struct SegmentHeader: Sendable {
    /// Readers refuse another major version, and ignore what a newer minor version adds.
    static let major: UInt64 = 2
    static let minor: UInt64 = 0

    var origin: RecordingOrigin
    /// The time of the first snapshot in microseconds since 1970.
    var wallTime: UInt64
    /// The time of the first snapshot in nanoseconds of CLOCK_BOOTTIME.
    var monotonicTime: UInt64
    var legend = FrameLegend.own
    /// The length of each snapshot's period in microseconds; 0 if all samples were recorded.
    var step: UInt64 = 0

    /// Limits what hostile bytes can claim.
    private static let rowLimit = 4096
    private static let nameLimit = 255

    func encode() -> [UInt8] {
        var out = RunWriter()
        out.put(Self.major)
        out.put(Self.minor)
        out.put(text: origin.bootID)
        out.put(text: origin.kernelRelease)
        out.put(origin.pageSize)
        out.put(origin.runStart)
        out.put(wallTime)
        out.put(monotonicTime)
        out.put(UInt64(legend.controllers.count))
        for controller in legend.controllers { out.put(text: controller?.rawValue ?? "") }
        out.put(UInt64(legend.rows.count))
        var above: [UInt8] = []
        for row in legend.rows {
            // Adjacent names in the catalog share prefixes.
            let name = Array(row.name.utf8)
            let common = zip(above, name).prefix { $0 == $1 }.count
            out.put(UInt64(common))
            out.put(text: name[common...])
            out.put(row.bits)
            above = name
        }
        out.put(origin.machine == nil ? 0 : 1)
        origin.machine?.write(to: &out)
        out.put(step)
        return out.finish()
    }

    /// A decoded legend, which is the same in all segments of a program.
    struct KnownLegend: Sendable {
        fileprivate let passage: RunReader.Passage
        fileprivate let legend: FrameLegend
    }

    /// Decodes a header; for another major version, returns only that version.
    static func decode(_ payload: [UInt8]) throws(FrameError) -> Decoded {
        var known: KnownLegend?
        return try decode(payload, &known)
    }

    /// Decodes a header, whose legend is likely a known one.
    static func decode(
        _ payload: [UInt8], _ known: inout KnownLegend?
    ) throws(FrameError) -> Decoded {
        var input = RunReader(payload)
        let version = try input.next()
        guard version == major else { return .otherVersion(version) }
        _ = try input.next()
        var origin = RecordingOrigin(
            bootID: try input.string(), kernelRelease: try input.string(),
            pageSize: try input.next(), runStart: try input.next())
        let wallTime = try input.next()
        let monotonicTime = try input.next()
        let legend = try legend(&input, &known)
        if try input.next() != 0 { origin.machine = try RecordedMachine(&input) }
        let step = try input.next()
        return .header(
            SegmentHeader(
                origin: origin, wallTime: wallTime, monotonicTime: monotonicTime,
                legend: legend, step: step))
    }

    private static func legend(
        _ input: inout RunReader, _ known: inout KnownLegend?
    ) throws(FrameError) -> FrameLegend {
        if let known, input.skip(known.passage) { return known.legend }
        let start = input.startOfPassage
        var controllers: [String] = []
        for _ in 0..<(try input.count(upTo: rowLimit)) { controllers.append(try input.string()) }
        var rows: [FrameLegend.Row] = []
        var above: [UInt8] = []
        for _ in 0..<(try input.count(upTo: rowLimit)) {
            let common = try input.count(upTo: above.count)
            let rest = try input.text()
            guard common + rest.count <= nameLimit else { throw input.error(.malformed) }
            above = Array(above[..<common] + rest)
            rows.append(
                FrameLegend.Row(
                    name: String(decoding: above, as: UTF8.self), bits: try input.next()))
        }
        let legend = FrameLegend(rows: rows, controllers: controllers)
        known = input.passage(since: start).map { KnownLegend(passage: $0, legend: legend) }
        return legend
    }

    enum Decoded {
        case header(SegmentHeader)
        case otherVersion(UInt64)
    }
}

extension FrameLegend.Row {
    fileprivate var bits: UInt64 {
        let flags = [isCounter, hasDimension, isText, hasWordKeys]
        return flags.enumerated().reduce(UInt64(tier) << 4) {
            $0 | ($1.element ? 1 << $1.offset : 0)
        }
    }

    fileprivate init(name: String, bits: UInt64) {
        self.init(
            name: name, tier: Int(min(bits >> 4, 255)), isCounter: bits & 1 != 0,
            hasDimension: bits & 2 != 0, isText: bits & 4 != 0, hasWordKeys: bits & 8 != 0)
    }
}

extension RunWriter {
    mutating func put(text: String) { put(text: Array(text.utf8)[...]) }
}

extension RunReader {
    mutating func string() throws(FrameError) -> String {
        String(decoding: try text(), as: UTF8.self)
    }
}
