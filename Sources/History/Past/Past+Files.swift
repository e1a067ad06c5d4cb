internal import CgroupModel
internal import KernelIO

/// The files of a history folder.
package enum HistoryFolder {
    /// The names of the tiers, the finest first.
    package static let tiers = ["fine", "medium", "coarse"]

    /// The file of each tier, the finest first.
    package static func paths(in folder: String) -> [String] { tiers.map { "\(folder)/\($0)" } }
}

extension Past {
    /// Opens a history folder, or a recording with its older parts.
    ///
    /// Throws the error of opening them, and a ``RecordingError`` if there is no snapshot.
    package init(_ path: String) throws {
        guard try Self.isDirectory(path) else {
            let (parts, newest) = try Self.files(path)
            let all = parts.map(\.file) + (newest.map { [$0] } ?? [])
            try self.init(all.isEmpty ? [RecordingFile(path)] : all)
            return
        }
        self.init(tiers: try HistoryFolder.paths(in: path).compactMap { try Self.tier($0) })
        guard span != nil else { throw RecordingError.empty(path) }
    }

    /// Opens the parts of a recording, the oldest first, which may contain clock steps.
    ///
    /// Throws the error of reading them, and a ``RecordingError`` if there is no snapshot.
    package init(_ parts: [any RecordingBytes]) throws {
        var notes: [RecordingNote] = []
        var pieces: [PastPiece] = []
        var hasSegment = false
        for part in parts {
            let (found, index) = try PastPiece.all(part)
            pieces += found
            notes += index.notes
            hasSegment = hasSegment || !index.segments.isEmpty
        }
        guard !pieces.isEmpty else {
            let name = parts.last?.name ?? ""
            throw !hasSegment && parts.contains { $0.byteCount > 0 }
                ? RecordingError.notARecording(name) : RecordingError.empty(name)
        }
        self.init(tiers: [PastTier(pieces, notes: notes)])
    }

    private static func isDirectory(_ path: String) throws(IOError) -> Bool {
        do throws(IOError) {
            _ = try OwnedDescriptor.directory(Array(path.utf8))
            return true
        } catch {
            guard error.errno == .notDirectory else { throw error }
            return false
        }
    }

    /// Opens a tier, whose parts are ascending and named after their ends; nil if it is missing.
    private static func tier(_ path: String) throws -> PastTier? {
        let (parts, newest) = try files(path)
        var notes: [RecordingNote] = []
        var pieces: [PastPiece] = []
        /// The number of times that the clock was set back since the last piece.
        var marks = 0
        func add(_ found: [PastPiece], _ before: Int) {
            marks += before
            guard !found.isEmpty else { return }
            pieces += found
            pieces[pieces.count - found.count].marks = marks
            marks = 0
        }
        func scan(_ file: RecordingFile) throws {
            let (found, index) = try PastPiece.all(file)
            add(found, index.marks)
            // The writer may be in the middle of its last record.
            notes += index.notes.filter { $0.kind != .torn }
        }
        var before: UInt64?
        for (file, end) in parts {
            // A name of `before` + 1 keeps the order of the parts, but is not the end of this part.
            if let before, end == before + 1 {
                try scan(file)
            } else {
                let first = try PartIndex.first(file)
                add(
                    first.time.map { [PastPiece(file, first: $0, last: max($0, end))] } ?? [],
                    first.marks)
            }
            before = end
        }
        if let newest { try scan(newest) }
        return pieces.isEmpty ? nil : PastTier(pieces, notes: notes, marks: marks)
    }

    /// Opens the older parts of a file with their ends, and the newest one, if they exist.
    private static func files(
        _ path: String
    ) throws -> (parts: [(file: RecordingFile, end: UInt64)], newest: RecordingFile?) {
        var names = try PartedFile.parts(of: path)
        while true {
            let newest = try RecordingFile(ifPresent: path)
            // The writer may have begun a new part meanwhile.
            let now = try PartedFile.parts(of: path)
            if now.last?.end == names.last?.end {
                let parts = try now.compactMap { part in
                    try RecordingFile(ifPresent: part.path).map { ($0, part.end) }
                }
                return (parts, newest)
            }
            names = now
        }
    }
}
