public import CgroupModel

/// Turns snapshots into small frames and back, exactly.
///
/// A frame holds what differs from the snapshot before; a keyframe stands by itself. Rows are
/// compared with the same cgroup's earlier row, or, for a new cgroup, with the row above. Metrics
/// are held by their place in the catalog and words by their number, so by themselves frames are
/// good within one process only; a recording says what the numbers stand for.
public enum FrameCodec {
    /// The most plain values that a frame may claim, so that hostile bytes cannot exhaust memory.
    static let valueLimit = 1 << 26
    /// The same for values with a dimension.
    static let instanceLimit = 1 << 24

    static let deltaFrame: UInt64 = 1
    static let keyframe: UInt64 = 2

    /// The bytes of a snapshot; without `earlier`, or with other columns there, a keyframe.
    public static func encode(_ snapshot: Snapshot, after earlier: Snapshot?) -> [UInt8] {
        let base = earlier.flatMap { $0.schema == snapshot.schema ? $0 : nil }
        var encoder = FrameEncoder(snapshot, after: base)
        return encoder.encode()
    }

    /// The snapshot of a frame, in its ``CgroupModel/Snapshot/normalised`` form.
    ///
    /// `earlier` is the snapshot after which it was encoded; a keyframe needs none.
    public static func decode(
        _ frame: [UInt8], after earlier: Snapshot?
    ) throws(FrameError) -> Snapshot {
        try decode(frame, after: earlier, .own)
    }

    /// The snapshot of a frame of another process, in the terms of that one: metrics by the place
    /// in its catalog, words by its numbers.
    static func decode(
        _ frame: [UInt8], after earlier: Snapshot?, _ legend: FrameLegend
    ) throws(FrameError) -> Snapshot {
        var input = RunReader(frame)
        let kind = try input.next()
        if kind == keyframe {
            var decoder = FrameDecoder(input, after: nil, legend)
            return try decoder.decode()
        }
        guard kind == deltaFrame else { throw input.error(.malformed) }
        guard let earlier else { throw input.error(.noEarlierFrame) }
        var decoder = FrameDecoder(input, after: earlier.normalised, legend)
        return try decoder.decode()
    }

    /// Whether a frame stands by itself.
    public static func isKeyframe(_ frame: [UInt8]) -> Bool { frame.first == UInt8(keyframe) }
}
