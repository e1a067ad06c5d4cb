internal import KernelIO

/// The log of guardians, in two files of bounded size.
///
/// The directory is on a tmpfs, which a daemon that crashes repeatedly must not fill.
struct GuardianLog {
    /// The maximum size of each file, in bytes.
    static let mostBytes = 64 << 10

    private let path: String

    /// The log beside the journal in a state directory.
    init(in directory: String) { path = "\(directory)/guardian.log" }

    /// Appends lines; a full file replaces `guardian.log.1`.
    func append(_ text: String) throws(IOError) {
        let bytes = Array(text.utf8).suffix(Self.mostBytes)
        if LogFile.exists(path), try LogFile(path).contents().count + bytes.count > Self.mostBytes {
            try LogFile.rename(path, to: "\(path).1")
        }
        try LogFile(path).append(Array(bytes))
    }
}
