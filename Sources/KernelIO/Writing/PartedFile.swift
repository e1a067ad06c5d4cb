internal import CgroupModel

/// The bounds of a file and its older parts; the oldest part is removed first.
package struct PartBounds: Sendable {
    /// The number of parts that share the bounds, so that one can be removed at a time.
    private static let divisor = 8

    /// The maximum size of all parts together in bytes; nil for no bound.
    package var bytes: UInt64?
    /// The greatest age in seconds; nil for no bound.
    package var age: Double?

    /// Creates bounds in bytes and in seconds; nil for none.
    package init(bytes: UInt64? = nil, age: Double? = nil) {
        self.bytes = bytes
        self.age = age
    }

    /// The maximum size of one part in bytes; nil for no bound.
    var partBytes: UInt64? { bytes.map { $0 / UInt64(Self.divisor) } }
    var partAge: UInt64? { age.map { UInt64($0 * 1e6) / UInt64(Self.divisor) } }
}

/// A file that only this process appends to, and its older parts: `FILE.TIME`.
///
/// TIME is the end of the part in microseconds since 1970. Parts are read in the order of their
/// names, so names increase even if the clock goes back.
package struct PartedFile: ~Copyable, Sendable {
    private static let digits = 16
    /// The maximum number of parts, in case the clock goes back repeatedly.
    private static let mostParts = 64

    private let path: String
    private let bounds: PartBounds
    private let readers: AppendedFile.Readers?
    private var file: AppendedFile
    /// The times of the first and the last record, appended here or given to ``resume(from:to:)``.
    private var begin: UInt64?
    private var end: UInt64 = 0
    /// The size of the files beside it in bytes, which the bounds include.
    package var sidecarBytes: UInt64 = 0

    /// Opens or creates the file and takes its lock; throws EAGAIN if another process has it.
    ///
    /// A file with `readers` is not locked; see ``AppendedFile``.
    package init(
        _ path: String, _ bounds: PartBounds, readers: AppendedFile.Readers? = nil
    ) throws(IOError) {
        self.path = path
        self.bounds = bounds
        self.readers = readers
        file = try AppendedFile(path, readers: readers)
    }

    /// Takes over the times of the first and the last record that the file had when opened.
    package mutating func resume(from first: UInt64, to last: UInt64) {
        begin = first
        end = max(end, last)
    }

    /// Begins a new part, even if the newest one is not full.
    package mutating func beginPart(at time: UInt64) throws(IOError) {
        if file.size > 0 { try rotate() }
        try prune(at: time)
    }

    /// The size of the newest part in bytes.
    package var size: Int { file.size }

    /// Truncates the newest part.
    package mutating func truncate(to size: Int) throws(IOError) { try file.truncate(to: size) }

    /// Flushes the newest part to the storage device.
    package func sync() throws(IOError) { try file.sync() }

    /// Appends a record with its time in microseconds since 1970.
    package mutating func append(_ bytes: [UInt8], at time: UInt64) throws(IOError) {
        try file.append(bytes)
        if begin == nil { begin = time }
        end = max(end, time)
    }

    /// Whether the newest part has reached its bounds; false before the first append, unless
    /// ``resume(from:to:)`` gave its times.
    package func isFull(at time: UInt64) -> Bool {
        guard let begin else { return false }
        if let most = bounds.partBytes, file.size >= most { return true }
        guard let most = bounds.partAge, time > begin else { return false }
        return time - begin >= most
    }

    /// Begins a new part if the newest one is full, and removes parts that exceed the bounds.
    package mutating func makeRoom(at time: UInt64) throws(IOError) {
        if isFull(at: time) { try rotate() }
        try prune(at: time)
    }

    private mutating func rotate() throws(IOError) {
        let last = try Self.parts(of: path).last?.end ?? 0
        try file.rename(to: Self.part(of: path, end: max(end, last + 1)))
        file = try AppendedFile(path, mustBeNew: true, readers: readers)
        begin = nil
    }

    private func prune(at time: UInt64) throws(IOError) {
        guard bounds.bytes != nil || bounds.age != nil else { return }
        let parts = try Self.parts(of: path)
        var total = parts.reduce(sidecarBytes) { $0 + AppendedFile.size(of: $1.path) }
        for (number, part) in parts.enumerated() {
            // Leave room for the file being written.
            let isTooMuch =
                parts.count - number > Self.mostParts
                || bounds.bytes.map { total + (bounds.partBytes ?? 0) > $0 } ?? false
            let isTooOld =
                bounds.age.map { time > part.end && Double(time - part.end) / 1e6 > $0 } ?? false
            guard isTooMuch || isTooOld else { return }
            total -= AppendedFile.size(of: part.path)
            try AppendedFile.remove(part.path)
            // A clock that is wrong for a moment must not remove all parts.
            if !isTooMuch { return }
        }
    }

    /// Returns the older parts with their end times, oldest first.
    package static func parts(of path: String) throws(IOError) -> [(path: String, end: UInt64)] {
        let slash = path.lastIndex(of: "/")
        let directory = slash.map { String(path[...$0]) } ?? "./"
        let prefix = Array("\(slash.map { path[path.index(after: $0)...] } ?? path[...]).".utf8)
        let entries = try OwnedDescriptor.directory(Array(directory.utf8))
            .entries(path: directory)
        return entries.compactMap { entry in
            guard entry.name.starts(with: prefix) else { return nil }
            let rest = entry.name.dropFirst(prefix.count)
            guard rest.count == digits, rest.allSatisfy(\.isDigit),
                let end = UInt64(String(decoding: rest, as: UTF8.self))
            else { return nil }
            return (part(of: path, end: end), end)
        }.sorted { $0.end < $1.end }
    }

    private static func part(of path: String, end: UInt64) -> String {
        let text = String(end)
        return "\(path)." + String(repeating: "0", count: max(digits - text.count, 0)) + text
    }
}
