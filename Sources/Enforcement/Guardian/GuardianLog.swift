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
        let bytes = Array(text.utf8.suffix(Self.mostBytes))
        if try append(bytes, ifFits: true) { return }
        _ = try append(bytes, ifFits: false)
    }

    /// Appends bytes, or moves a full file away if they must fit; returns whether they were
    /// appended.
    ///
    /// The file stays locked meanwhile, so that no other guardian moves the new file.
    private func append(_ bytes: [UInt8], ifFits mustFit: Bool) throws(IOError) -> Bool {
        let file = try LogFile(path)
        let size = try file.size
        if mustFit, size > 0, size + bytes.count > Self.mostBytes {
            try LogFile.rename(path, to: "\(path).1")
            return false
        }
        try file.append(bytes)
        return true
    }
}
