internal import Glibc

/// Why a file or directory is not used: the path, and one sentence with what to do.
public struct FileRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The path as text.
    public let path: String
    /// The reason without the path.
    public let reason: String
    /// Whether a system call failed; the file is there and is not wanted otherwise.
    public let isFailure: Bool
    /// The same as a failed system call.
    public let error: IOError

    init(_ path: String, _ reason: String) {
        self.path = path
        self.reason = reason
        isFailure = false
        error = IOError("use", path, code: EINVAL, objection: "it \(reason)")
    }

    /// A system call that failed: `participle` is its verb as the sentence needs it.
    init(_ path: String, cannotBe participle: String, _ verb: String, code: Int32) {
        self.path = path
        isFailure = true
        error = IOError(verb, path, code: code)
        reason = "cannot be \(participle): \(error.reason)"
    }

    /// The whole sentence.
    public var description: String { error.description }
}
