internal import KernelIO

/// Files to read again once they change.
struct WatchedFiles: Sendable {
    /// The stamp of each file just before it was read; nil if the file was missing.
    private var stamps: [String: FileStamp?] = [:]

    /// Whether any of the files has changed since it was read.
    var haveChanged: Bool { stamps.contains { FileStamp(of: $0.key) != $0.value } }

    /// Reads a file and watches it, even if reading fails.
    mutating func read(_ path: String) throws(FileRefusal) -> [UInt8] {
        // Taken before the read, so a change during the read is noticed.
        stamps[path] = .some(FileStamp(of: path))
        return try RegularFile(path).contents(most: 1 << 20)
    }

    /// The same files with their current stamps.
    var lookedAtAnew: WatchedFiles {
        var files = WatchedFiles()
        for path in stamps.keys { files.stamps[path] = .some(FileStamp(of: path)) }
        return files
    }
}
