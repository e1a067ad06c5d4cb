internal import Glibc

/// The reason why a file or directory is not used.
package struct FileRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The reason without the path.
    package let reason: String
    /// Whether a system call failed, rather than a check of the file's type, owner or mode.
    package let isFailure: Bool
    /// The same refusal as an ``IOError``.
    package let error: IOError

    init(_ path: String, _ reason: String) {
        self.reason = reason
        isFailure = false
        error = IOError("use", path, code: EINVAL, objection: "it \(reason)")
    }

    /// Creates a refusal from a failed system call; `participle` is the past participle of `verb`.
    init(_ path: String, cannotBe participle: String, _ verb: String, code: Int32) {
        isFailure = true
        error = IOError(verb, path, code: code)
        reason = "cannot be \(participle): \(error.reason)"
    }

    /// The complete message.
    package var description: String { error.description }
}
