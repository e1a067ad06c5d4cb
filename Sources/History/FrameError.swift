/// An error in decoding a frame.
package struct FrameError: Error, Hashable, CustomStringConvertible {
    /// The kind of error.
    package enum Reason: String, Sendable {
        case truncated = "the frame ends too early"
        case trailing = "the frame has trailing bytes"
        case malformed = "the frame holds an impossible number"
        case tooLarge = "the frame claims more values than any host has"
        case noEarlierFrame = "the frame needs the one before it, which is missing"
    }

    /// The kind of error.
    package let reason: Reason
    /// The byte offset of the error in the frame.
    package let offset: Int

    /// The complete message.
    package var description: String {
        "history: \(reason.rawValue) (byte \(offset)); start from the next keyframe"
    }
}
