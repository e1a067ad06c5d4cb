/// A syntax error in a file of `/proc/PID`.
package struct ProcessTextError: Error, Hashable, CustomStringConvertible {
    /// The file, such as `status`.
    package let file: String
    /// The byte offset in the file.
    package let offset: Int
    /// The error.
    package let reason: String

    /// The complete message.
    package var description: String {
        "/proc/PID/\(file): \(reason) (byte \(offset)); the process is shown without it"
    }
}
