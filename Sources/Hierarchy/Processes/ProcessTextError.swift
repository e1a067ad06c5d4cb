/// A syntax error in a file of `/proc/PID`.
public struct ProcessTextError: Error, Hashable, CustomStringConvertible {
    /// The file, such as `status`.
    public let file: String
    /// The byte offset in the file.
    public let offset: Int
    /// The error.
    public let reason: String

    /// The complete message.
    public var description: String {
        "/proc/PID/\(file): \(reason) (byte \(offset)); this process is shown without it"
    }
}
