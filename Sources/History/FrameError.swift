/// Why the bytes of a frame cannot be turned back into a snapshot.
public struct FrameError: Error, Hashable, CustomStringConvertible {
    /// What is wrong.
    public enum Reason: String, Sendable {
        case truncated = "the frame ends too early"
        case trailing = "the frame has bytes left over"
        case malformed = "the frame holds a number that cannot be"
        case tooLarge = "the frame claims more values than a host can have"
        case noEarlierFrame = "the frame needs the one before it, which is missing"
    }

    /// What is wrong.
    public let reason: Reason
    /// The position in the frame at which it was noticed.
    public let offset: Int

    /// One sentence for people.
    public var description: String {
        "history: \(reason.rawValue) (byte \(offset)); start from the next keyframe"
    }
}
