internal import CgroupModel
package import KernelIO

/// A file of a recording, read on demand.
package final class RecordingFile: RecordingBytes {
    /// The path.
    package let name: String
    /// The size in bytes when it was opened.
    package let byteCount: Int
    private let file: RegularFile

    /// Opens a file as long as it is now.
    package init(_ path: String) throws(FileRefusal) {
        name = path
        file = try RegularFile(path)
        byteCount = file.size
    }

    /// Opens a file; nil if it is missing.
    package convenience init?(ifPresent path: String) throws(FileRefusal) {
        do throws(FileRefusal) {
            try self.init(path)
        } catch {
            guard error.error.isMissing else { throw error }
            return nil
        }
    }

    /// The size in bytes now (fstat(2)).
    package var currentByteCount: Int { file.currentSize }

    /// The path of the file beside a recording with the parity of its unfinished segment.
    package static func sidecar(of path: String) -> String { path + ".parity" }

    /// The file beside it, opened as it is now.
    package var sidecar: (any RecordingBytes)? {
        guard let found = try? RecordingFile(ifPresent: RecordingFile.sidecar(of: name)) else {
            return nil
        }
        return found
    }

    /// The fingerprint of the file when it was opened.
    package var stamp: FileStamp { file.stamp }

    /// Reads exactly a range (pread(2)).
    package func bytes(_ range: Range<Int>) throws -> [UInt8] { try file.bytes(range) }
}
