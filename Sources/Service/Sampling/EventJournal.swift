internal import CgroupModel
internal import History
package import KernelIO

/// The events on disk, in a file with older parts; other processes see each event at once.
///
/// Records do not depend on one another, and are appended with one call. So if the process dies, at
/// most the records being written are lost. After a failure, such as a full disk, the journal tries
/// again once a minute, and counts the events that it could not keep.
package struct EventJournal: ~Copyable, Sendable {
    private let path: String?
    private let bounds: PartBounds
    private var file: PartedFile?
    private var isOpen = false
    /// The time of the last attempt to open the file, in microseconds since 1970.
    private var triedAt: UInt64 = 0
    private var lost: UInt64 = 0
    /// Why nothing is kept; nil while events are kept.
    package private(set) var failure: String?

    /// The time between two attempts, in microseconds.
    private static let rest: UInt64 = 60_000_000

    /// Opens or creates the file, and cuts off an incomplete last record; nil keeps nothing.
    package init(_ path: String?, _ bounds: PartBounds) {
        self.path = path
        self.bounds = bounds
        file = nil
        open(at: MonotonicClock.wallMicroseconds)
    }

    private mutating func open(at time: UInt64) {
        guard let path else { return }
        triedAt = time
        do {
            var opened = try PartedFile(path, bounds)
            if let whole = try Self.wholeLength(RecordingFile(path)) {
                try opened.truncate(to: whole)
            }
            try opened.makeRoom(at: time)
            file = consume opened
            isOpen = true
        } catch let error as IOError {
            failure =
                error.isTryAgain ? "another process writes \(path); use another file" : "\(error)"
        } catch {
            failure = "\(error)"
        }
    }

    /// Appends encoded events at a time in microseconds since 1970.
    ///
    /// If this ends a failure, it returns the number of events that could not be kept; else nil.
    @discardableResult
    package mutating func append(_ records: [[UInt8]], at time: UInt64) -> UInt64? {
        guard path != nil, !records.isEmpty else { return nil }
        if !isOpen, time < triedAt || time - triedAt >= Self.rest { open(at: time) }
        guard var file = file.take() else {
            lost += UInt64(records.count)
            return nil
        }
        do throws(IOError) {
            if file.isFull(at: time) {
                try file.sync()
                try file.makeRoom(at: time)
            }
            try file.append(
                records.flatMap { Record.encode(Record.Kind.event, $0) }, at: time)
            self.file = consume file
            defer { (failure, lost) = (nil, 0) }
            return failure == nil ? nil : lost
        } catch {
            (failure, isOpen, triedAt) = ("\(error)", false, time)
            lost += UInt64(records.count)
            return nil
        }
    }

    /// Reads the encoded events of all parts, the oldest first, and skips what is damaged.
    ///
    /// `note` gets a line for each damaged place. A part that is removed meanwhile is left out, and
    /// so is an incomplete last record, which is still being written. Throws if reading fails.
    package static func read(
        _ path: String, note: (String) -> Void, _ body: ([UInt8]) -> Void
    ) throws {
        let paths = try PartedFile.parts(of: path).map(\.path) + [path]
        for file in try paths.compactMap({ try RecordingFile(ifPresent: $0) }) {
            var scanner = RecordScanner(file)
            while let item = try scanner.next() {
                switch item {
                case .record(Record.Kind.event, let payload, _): body(payload)
                case .record, .torn: break
                case .damage(let range):
                    note(
                        RecordingNote(
                            file: file.name, offset: range.lowerBound,
                            kind: .damaged(end: range.upperBound)
                        ).description)
                }
            }
        }
    }

    /// The length of a file without an incomplete last record; nil if it has none.
    private static func wholeLength(_ file: RecordingFile) throws -> Int? {
        var scanner = RecordScanner(file)
        while let item = try scanner.next() {
            if case .torn(let offset) = item { return offset }
        }
        return nil
    }
}
