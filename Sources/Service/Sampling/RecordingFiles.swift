internal import CgroupModel
package import Hierarchy
package import History
internal import KernelIO

/// A file of a recording, read on demand.
final class RecordingFile: RecordingBytes {
    let name: String
    let byteCount: Int
    private let file: RegularFile

    init(_ path: String) throws(FileRefusal) {
        name = path
        file = try RegularFile(path)
        byteCount = file.size
    }

    convenience init?(ifPresent path: String) throws(FileRefusal) {
        do throws(FileRefusal) {
            try self.init(path)
        } catch {
            guard error.error.isMissing else { throw error }
            return nil
        }
    }

    func bytes(_ range: Range<Int>) throws -> [UInt8] { try file.bytes(range) }
}

/// The files of one recording: `FILE`, preceded by the older parts `FILE.TIME`.
///
/// TIME is the end of the part in microseconds since 1970.
package enum RecordingFiles {
    private static let digits = 16

    /// Opens a recording with all its parts, and reports its defects on standard error.
    package static func open(_ path: String) throws -> Recording {
        // An old part can be removed at any time, and the newest file is missing if the recorder
        // stopped just after renaming it.
        let parts = try parts(of: path).compactMap { try RecordingFile(ifPresent: $0.path) }
        let newest = try parts.isEmpty ? RecordingFile(path) : RecordingFile(ifPresent: path)
        let files = parts + (newest.map { [$0] } ?? [])
        let recording = try Recording(files)
        for note in recording.notes { StandardOutput.complain("cgwarden: \(note)") }
        return recording
    }

    /// Returns the older parts with their end times, oldest first.
    static func parts(of path: String) throws(IOError) -> [(path: String, end: UInt64)] {
        let slash = path.lastIndex(of: "/")
        let directory = slash.map { String(path[...$0]) } ?? "./"
        let prefix =
            Array((slash.map { path[path.index(after: $0)...] } ?? path[...]).utf8) + [
                UInt8(ascii: ".")
            ]
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

    static func part(of path: String, end: UInt64) -> String {
        let text = String(end)
        return "\(path)." + String(repeating: "0", count: max(digits - text.count, 0)) + text
    }
}

extension RecordingOrigin {
    /// Describes this host and the start of a recording now.
    package init(_ system: SystemRoot) {
        func text(_ file: String) -> String {
            let bytes = (try? ReadBuffer.contents(of: system.proc(file))) ?? []
            return bytes.firstWord
        }
        self.init(
            bootID: text("sys/kernel/random/boot_id"), kernelRelease: text("sys/kernel/osrelease"),
            pageSize: MemoryPage.size, runStart: MonotonicClock.wallMicroseconds,
            machine: RecordedMachine(system))
    }
}
