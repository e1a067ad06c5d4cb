internal import CgroupModel
internal import History
internal import KernelIO
import Synchronization

/// One tier of the history on disk: its file with older parts, and the thinning before it.
final class HistoryTier: Sendable {
    private struct State: ~Copyable {
        var file: PartedFile
        var encoder: SegmentEncoder
        var thinner: Thinner?
        /// The time of the last snapshot in the file.
        var last: UInt64
    }

    /// A segment of a thinned tier ends with this number of periods, aligned to the wall clock.
    ///
    /// The last snapshot of that time is the keyframe of the next segment, so that a reader with
    /// such steps decodes no other one.
    private static let alignment: UInt64 = 60

    private let step: UInt64
    private let state: Mutex<State>

    /// Opens or creates the file, and cuts off an incomplete last record.
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
                thinner: step > 0 ? Thinner(period: step) : nil,
                last: found.times?.upperBound ?? 0))
    }

    /// Takes the next sample, and writes it or the period that it ends.
    ///
    /// After an error, the tier must be opened again.
    ///
    /// If the clock was set back before it, all tiers must be told.
    func take(_ snapshot: Snapshot, isSetBack: Bool) throws(IOError) {
        try state.withLock { state throws(IOError) in
            if isSetBack {
                if let kept = state.thinner?.end() {
                    try Self.write(kept.snapshot, kept.gauges, step, &state)
                }
                try Self.beginPass(at: snapshot.wallTime, &state)
            }
            guard state.thinner != nil else {
                return try Self.write(snapshot, nil, step, &state)
            }
            guard let kept = state.thinner?.take(snapshot) else { return }
            try Self.write(kept.snapshot, kept.gauges, step, &state)
        }
    }

    /// Writes the open period, and waits until all is on the medium.
    func finish() throws(IOError) {
        try state.withLock { state throws(IOError) in
            if let kept = state.thinner?.end() {
                try Self.write(kept.snapshot, kept.gauges, step, &state)
            }
            try state.file.sync()
        }
    }

    private static func write(
        _ snapshot: Snapshot, _ gauges: GaugeSummary?, _ step: UInt64, _ state: inout State
    ) throws(IOError) {
        let time = snapshot.wallTime
        if state.file.isFull(at: time) || closesSegment(time, step) { state.encoder.endSegment() }
        if state.encoder.isAtBoundary, state.file.size > 0 {
            try state.file.sync()
            try state.file.makeRoom(at: time)
        }
        try state.file.append(state.encoder.encode(snapshot, gauges: gauges), at: time)
        state.last = time
    }

    /// Begins a part with a mark.
    ///
    /// Times increase within a part, so that a reader finds one without reading it.
    private static func beginPass(at time: UInt64, _ state: inout State) throws(IOError) {
        state.encoder.endSegment()
        try state.file.beginPart(at: time)
        try state.file.append(SegmentEncoder.setBackMark, at: time)
    }

    /// The time of the last snapshot that was found in the file or written; 0 without a snapshot.
    var last: UInt64 { state.withLock { $0.last } }

    private static func closesSegment(_ time: UInt64, _ step: UInt64) -> Bool {
        step > 0 && (time / step + 1).isMultiple(of: alignment)
    }
}
