/// A question that is answered with a line of text.
struct Prompt: Hashable, Sendable {
    /// The meaning of the answer.
    enum Topic: Hashable, Sendable {
        /// A command line.
        case command
        /// A new value of a limit.
        case limit(String)
        case pin, reclaim, move, hold
    }

    let topic: Topic
    /// The text before the line.
    let label: String
    /// Facts that are shown above the line.
    var facts: [String] = []
    var line = LineEditor()
    /// The position in the history; nil for the line that is being typed.
    var recalled: Int?
    /// The candidates of the last completion, when there are several.
    var candidates: [String] = []
}
