import KernelIO

/// Writes the ``OpenParity`` of a recording's unfinished segment to the file beside it.
///
/// A failure costs only the parity, so it is ignored; the next segment opens the file again.
struct OpenParityWriter: Sendable {
    private let path: String
    private let readers: AppendedFile.Readers
    private var file: SidecarFile?
    /// The segment that the file is for.
    private var start = -1
    private var identity: UInt32 = 0
    /// The room of a slot, at which the second one begins.
    private var room = OpenParity.leastRoom
    private var isSecond = false
    /// Kept for all slots.
    private var buffer: [UInt8] = []
    /// The size of the file in bytes.
    private(set) var byteCount = 0

    /// Creates the writer for a recording; the file is opened with its first segment.
    init(_ recording: String, _ readers: AppendedFile.Readers) {
        path = RecordingFile.sidecar(of: recording)
        self.readers = readers
    }

    /// Writes the parity of a segment whose records end at `end` in the recording.
    mutating func write(_ segment: SegmentEncoder.OpenSegment, end: Int) {
        if segment.identity != identity || end - segment.byteCount != start {
            begin(segment.identity, at: end - segment.byteCount)
        }
        guard let file else { return }
        OpenParity.encode(segment, end: end, to: &buffer)
        if buffer.count > room {
            while room < buffer.count { room *= 2 }
            // It begins after both slots so far.
            isSecond = true
        }
        let offset = isSecond ? room : 0
        // After a failure the other slot stays.
        guard file.write(buffer, at: offset) else { return }
        byteCount = max(byteCount, offset + buffer.count)
        isSecond.toggle()
    }

    private mutating func begin(_ identity: UInt32, at start: Int) {
        self.identity = identity
        self.start = start
        file = try? SidecarFile(path, readers: readers)
        room = OpenParity.leastRoom
        isSecond = false
        byteCount = 0
    }
}
