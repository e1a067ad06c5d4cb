package import CgroupModel

/// Encodes snapshots as small frames, and decodes them.
///
/// A frame holds the differences from the previous snapshot; a keyframe is self-contained. A row is
/// compared with the same cgroup's earlier row; that of a new cgroup with the row above. Everything
/// is restored exactly, except for host and health fields that ``ScalarFields`` does not list.
///
/// Frames identify metrics by their index in the catalog and words by their number. By themselves
/// they are valid within one process only; a recording also stores the meaning of those numbers.
package enum FrameCodec {
    /// The maximum sizes that a frame may claim, so that hostile bytes cannot exhaust memory.
    struct Limits: Sendable {
        /// The maximum number of plain values.
        var values = 1 << 26
        /// The maximum number of instance values.
        var instances: Int { values / 4 }
        /// The maximum length of all paths together in bytes.
        var pathBytes: Int { values * 8 }
        /// The maximum length of a path in bytes.
        ///
        /// A cgroup is listed through its parent, which is opened by its path. So neither that path
        /// nor the name exceeds PATH_MAX.
        static let path = 8192
        /// For a frame of another host.
        static let received = Limits(values: 1 << 23)
    }

    /// The kinds of frames.
    enum Kind {
        static let delta: UInt64 = 3
        static let keyframe: UInt64 = 4
    }

    /// Encodes a snapshot; without `earlier`, or if its columns differ, as a keyframe.
    package static func encode(_ snapshot: Snapshot, after earlier: Snapshot?) -> [UInt8] {
        let base = earlier.flatMap { $0.schema == snapshot.schema ? $0 : nil }
        var encoder = FrameEncoder(snapshot, after: base)
        return encoder.encode()
    }

    /// Decodes a frame into a snapshot in its ``CgroupModel/Snapshot/normalised`` form.
    ///
    /// `earlier` is the snapshot that the frame was encoded after; a keyframe needs none.
    package static func decode(
        _ frame: [UInt8], after earlier: Snapshot?
    ) throws(FrameError) -> Snapshot {
        try decode(frame, after: earlier, .own)
    }

    /// Decodes a frame of another process.
    ///
    /// The result uses that process's metric indexes and word numbers. With a selection, it has
    /// only the selected columns, and `earlier` must have been decoded with the same one.
    static func decode(
        _ frame: [UInt8], after earlier: Snapshot?, _ legend: FrameLegend,
        limits: Limits = Limits(), _ selection: inout ColumnSelection?
    ) throws(FrameError) -> Snapshot {
        var input = RunReader(frame)
        switch try input.next() {
        case Kind.keyframe:
            var decoder = FrameDecoder(input, after: nil, legend, limits)
            return try decoder.decode(&selection)
        case Kind.delta:
            guard let earlier else { throw input.error(.noEarlierFrame) }
            var decoder = FrameDecoder(input, after: earlier.normalised, legend, limits)
            return try decoder.decode(&selection)
        default: throw input.error(.malformed)
        }
    }

    /// Decodes all columns of a frame of another process.
    static func decode(
        _ frame: [UInt8], after earlier: Snapshot?, _ legend: FrameLegend,
        limits: Limits = Limits()
    ) throws(FrameError) -> Snapshot {
        var all: ColumnSelection?
        return try decode(frame, after: earlier, legend, limits: limits, &all)
    }

    /// Whether a frame is self-contained.
    package static func isKeyframe(_ frame: [UInt8]) -> Bool {
        frame.first == UInt8(Kind.keyframe)
    }
}
