package import Actuation

extension JournalEntry {
    /// The author of the change: `cgwarden set memory.max=1GiB`, `cgwarden (rule NAME)`.
    package var author: String {
        guard isDaemons else { return "cgwarden \(cause)" }
        // Other causes contain a space or are `engine`: `pool NAME`.
        let isRule = !cause.contains(" ") && cause != "engine"
        return "cgwarden (\(isRule ? "rule " : "")\(cause))"
    }
}
