/// A piece of a tier in which time increases: a file, or the part of one between clock steps.
struct PastPiece: Sendable {
    let file: any RecordingBytes
    /// The time of the first snapshot in microseconds since 1970.
    let first: UInt64
    /// The time of the last snapshot; for a piece that was not scanned, the end in its file name.
    let last: UInt64
    /// The number of times that the clock was set back after this piece.
    var pass = 0
    /// The number of marks that the clock was set back just before this piece.
    var marks = 0
    /// The snapshots of the file; nil until they are needed.
    private(set) var index: PartIndex?
    /// The indices of this piece's snapshots; nil for all snapshots of the file.
    private var range: Range<Int>?

    /// Creates a piece of a file that is scanned when it is needed.
    init(_ file: any RecordingBytes, first: UInt64, last: UInt64) {
        self.file = file
        self.first = first
        self.last = last
    }

    /// Creates the pieces of a file by scanning it.
    static func all(_ file: any RecordingBytes) throws -> (pieces: [PastPiece], PartIndex) {
        let index = try PartIndex(file)
        let pieces = index.ascents.map { range in
            var piece = PastPiece(
                file, first: index.frames[range.lowerBound].time,
                last: index.frames[range.upperBound - 1].time)
            piece.index = index
            piece.range = range
            return piece
        }
        return (pieces, index)
    }

    /// Scans the file unless that has been done; returns the problems found.
    mutating func scan() throws -> [RecordingNote] {
        guard index == nil else { return [] }
        let index = try PartIndex(file)
        self.index = index
        return index.notes
    }

    /// The indices of its snapshots; empty until it is scanned.
    var frames: Range<Int> { range ?? 0..<(index?.frames.count ?? 0) }

    /// The time of a snapshot.
    func time(_ frame: Int) -> UInt64 { index?.frames[frame].time ?? 0 }

    /// The index of the first snapshot at or after a time; the end if there is none.
    func frame(atOrAfter time: UInt64) -> Int {
        var low = frames.lowerBound
        var high = frames.upperBound
        while low < high {
            let middle = low + (high - low) / 2
            if self.time(middle) < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
