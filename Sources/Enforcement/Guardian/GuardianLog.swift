internal import KernelIO

/// What guardians did, in two files of bounded size: the directory is in memory, and a daemon that
/// dies again and again must not fill it.
struct GuardianLog {
    /// The most bytes of each file.
    static let mostBytes = 64 << 10

    private let path: String

    /// The log beside the journal in a state directory.
    init(in directory: String) { path = "\(directory)/guardian.log" }

    /// Appends lines; a full file becomes `guardian.log.1`, in place of the one before.
    func append(_ text: String) throws(IOError) {
        let bytes = Array(text.utf8).suffix(Self.mostBytes)
        if LogFile.exists(path), try LogFile(path).contents().count + bytes.count > Self.mostBytes {
            try LogFile.rename(path, to: "\(path).1")
        }
        try LogFile(path).append(Array(bytes))
    }
}
