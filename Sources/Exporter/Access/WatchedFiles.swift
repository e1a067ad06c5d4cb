internal import KernelIO

/// Files that are read again when they have changed.
struct WatchedFiles: Sendable {
    /// How each looked just before it was read; nil for one that was not there.
    private var stamps: [String: FileStamp?] = [:]

    /// Whether any of them looks different now.
    var haveChanged: Bool { stamps.contains { FileStamp(of: $0.key) != $0.value } }

    /// Reads a file; it is watched whether that succeeds or not.
    mutating func read(_ path: String) throws(FileRefusal) -> [UInt8] {
        // Before the reading: a change in between then shows.
        stamps[path] = .some(FileStamp(of: path))
        return try RegularFile(path).contents(most: 1 << 20)
    }

    /// The same files as they look now.
    var lookedAtAnew: WatchedFiles {
        var files = WatchedFiles()
        for path in stamps.keys { files.stamps[path] = .some(FileStamp(of: path)) }
        return files
    }
}
