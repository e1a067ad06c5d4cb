public import KernelIO

/// Why the undo journal cannot be used.
public enum JournalError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Its file cannot be read or written, or others could have written it.
    case file(PrivateFileError)
    /// Lines of it are damaged, so that an original may be missing.
    case damaged(directory: String, lines: [Int])

    /// The sentence for a person.
    public var description: String {
        switch self {
        case .file(let error): "\(error)"
        case .damaged(let directory, let lines):
            "the undo journal in \(directory) is damaged in line "
                + "\(lines.map(String.init).joined(separator: ", ")), so an original may be "
                + "missing; `cgwarden journal` shows what is legible, `cgwarden restore --force` "
                + "restores that and sets the file aside"
        }
    }

    /// The kind of failure, from which the exit status follows.
    public var code: ActuationError.Code {
        switch self {
        case .file(.untrusted), .damaged: .refused
        case .file(let error): error.failure?.isPermission == true ? .notPermitted : .failed
        }
    }
}

extension ActuationError {
    /// Says that nothing was done, because the original could not be recorded.
    init(unrecorded error: JournalError) {
        self.init(error.code, "nothing was done, because the undo journal cannot be used: \(error)")
    }

    /// Says that the journal cannot be read.
    public init(_ error: JournalError) {
        self.init(
            error.code, error.code == .notPermitted ? "\(error); is this run as root?" : "\(error)")
    }
}
