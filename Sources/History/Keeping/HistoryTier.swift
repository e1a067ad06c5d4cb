import CgroupModel
import KernelIO
import Synchronization

/// One tier of the history on disk: its file with older parts, and the thinning before it.
final class HistoryTier: Sendable {
    private struct State: ~Copyable {
        var file: PartedFile
        var encoder: SegmentEncoder
        var parity: OpenParityWriter
        var thinner: Thinner?
        /// The cgroups that the last sample leaves out.
        var omissions: [Omission] = []
        /// The time of the last snapshot in the file.
        var last: UInt64
    }

    /// The number of periods in a segment of a thinned tier, aligned to the wall clock.
    ///
    /// The snapshot that closes the last period begins the next segment, so it is a keyframe: a
    /// reader with steps of this many periods decodes keyframes only.
    private static let alignment: UInt64 = 60

    private let step: UInt64
    private let state: Mutex<State>

    /// Opens or creates the file, cuts off an incomplete last record, and finishes the segment that
    /// a killed writer left.
    ///
    /// `step` is the period of the tier in microseconds; 0 keeps every sample.
    init(
        _ path: String, step: UInt64, _ bounds: PartBounds, _ origin: RecordingOrigin,
        _ readers: AppendedFile.Readers
    ) throws {
        var file = try PartedFile(path, bounds, readers: readers)
        let found = try RecordingEnd(RecordingFile(path))
        if found.length < file.size { try file.truncate(to: found.length) }
        if let times = found.times {
            file.resume(from: times.lowerBound, to: times.upperBound)
            if let start = found.openSegment,
                let record = try OpenParity.closing(RecordingFile(path), from: start)
            {
                try? file.append(record, at: times.upperBound)
            }
        } else if file.size > 0 {
            // Nothing in it can be read; what follows must not depend on it.
            try file.beginPart(at: origin.runStart)
        }
        self.step = step
        state = Mutex(
            State(
                file: file,
                encoder: SegmentEncoder(
                    origin, keyframeInterval: Int(Self.alignment), step: step),
                parity: OpenParityWriter(path, readers),
                thinner: step > 0 ? Thinner(period: step) : nil,
                last: found.times?.upperBound ?? 0))
    }

    /// Takes the next sample, and writes it or the period that it ends.
    ///
    /// After an error, the tier must be opened again.
    ///
    /// `isSetBack`: whether the clock was set back before this sample. Pass the same to every tier.
    func take(
        _ snapshot: Snapshot, _ omissions: [Omission], isSetBack: Bool
    ) throws(IOError) {
        try state.withLock { state throws(IOError) in
            // The last sample is the one that an ended period keeps.
            let before = state.omissions
            state.omissions = omissions
            if isSetBack {
                if let kept = state.thinner?.end() {
                    try Self.write(kept, before, step, &state)
                }
                try Self.beginPass(at: snapshot.wallTime, &state)
            }
            guard state.thinner != nil else {
                let kept = Thinner.Kept(snapshot: snapshot, gauges: nil)
                return try Self.write(kept, omissions, step, &state)
            }
            guard let kept = state.thinner?.take(snapshot) else { return }
            try Self.write(kept, before, step, &state)
        }
    }

    /// Writes the open period, and waits until all is on the medium.
    func finish() throws(IOError) {
        try state.withLock { state throws(IOError) in
            if let kept = state.thinner?.end() {
                try Self.write(kept, state.omissions, step, &state)
            }
            try Self.endSegment(&state)
            try state.file.sync()
        }
    }

    private static func write(
        _ kept: Thinner.Kept, _ omissions: [Omission], _ step: UInt64, _ state: inout State
    ) throws(IOError) {
        let time = kept.snapshot.wallTime
        let isLast = state.file.isFull(at: time) || closesSegment(time, step)
        if isLast || state.encoder.isAtBoundary, state.file.size > 0 {
            try Self.endSegment(&state)
            try state.file.sync()
            try state.file.makeRoom(at: time)
        }
        try state.file.append(
            state.encoder.encode(kept.snapshot, gauges: kept.gauges, omissions: omissions),
            at: time)
        state.last = time
        state.parity.write(state.encoder.segment, end: state.file.size)
        state.file.sidecarBytes = UInt64(state.parity.byteCount)
    }

    private static func endSegment(_ state: inout State) throws(IOError) {
        let bytes = state.encoder.endSegment()
        if !bytes.isEmpty { try state.file.append(bytes, at: state.last) }
    }

    /// Begins a part with a mark.
    ///
    /// Times increase within a part, so that a reader finds one without reading it.
    private static func beginPass(at time: UInt64, _ state: inout State) throws(IOError) {
        try endSegment(&state)
        try state.file.beginPart(at: time)
        try state.file.append(SegmentEncoder.setBackMark, at: time)
    }

    /// The time of the last snapshot that was found in the file or written; 0 without a snapshot.
    var last: UInt64 { state.withLock { $0.last } }

    private static func closesSegment(_ time: UInt64, _ step: UInt64) -> Bool {
        step > 0 && (time / step + 1).isMultiple(of: alignment)
    }
}
