package import CgroupModel
package import KernelIO

/// Why the undo journal cannot be used.
package enum JournalError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file cannot be read or written, or is not protected from other users.
    case file(PrivateFileError)
    /// Some lines are damaged, so an original may be missing.
    case damaged(directory: String, lines: [Int])
    /// The helper that undoes the change at its deadline is not ready; what it did instead.
    case unguarded(String)
    /// Its reader would refuse the record and take the file for damaged.
    case implausible(CgroupPath)

    /// The message.
    package var description: String {
        switch self {
        case .file(let error): "\(error)"
        case .damaged(let directory, let lines):
            "the undo journal in \(directory) is damaged at line "
                + "\(lines.map(String.init).joined(separator: ", ")), so an original value may be "
                + "missing; `cgwarden journal` shows the readable part, `cgwarden restore --force` "
                + "restores it and moves the file aside"
        case .unguarded(let reason):
            "nothing would undo the change in time, because its helper \(reason)"
        case .implausible(let path): "it cannot record this change of \(path)"
        }
    }

    /// The kind of failure, which determines the exit status.
    package var code: ActuationError.Code {
        switch self {
        case .file(.untrusted), .damaged, .implausible: .refused
        case .unguarded: .failed
        case .file(let error): error.failure?.isPermission == true ? .notPermitted : .failed
        }
    }
}

extension ActuationError {
    /// Creates the error for an original that could not be recorded, so that nothing was done.
    init(unrecorded error: JournalError) {
        if case .unguarded = error {
            self.init(error.code, "nothing was done: \(error)")
            return
        }
        self.init(error.code, "nothing was done, because the undo journal cannot be used: \(error)")
    }

    /// Creates the error for a journal that cannot be read.
    package init(_ error: JournalError) {
        self.init(
            error.code, error.code == .notPermitted ? "\(error); run as root" : "\(error)")
    }
}
