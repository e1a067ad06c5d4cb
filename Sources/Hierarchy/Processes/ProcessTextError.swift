/// Why a file of `/proc/PID` could not be understood.
public struct ProcessTextError: Error, Hashable, CustomStringConvertible {
    /// The file, such as `status`.
    public let file: String
    /// The position in the file.
    public let offset: Int
    /// What is wrong there.
    public let reason: String

    /// One sentence for people.
    public var description: String {
        "/proc/PID/\(file): \(reason) (byte \(offset)); this process is shown without it"
    }
}
