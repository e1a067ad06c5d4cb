package import Actuation

extension JournalEntry {
    /// Who made the change: `cgwarden set memory.max=1GiB`, `cgwarden (rule NAME)`.
    package var author: String {
        guard isDaemons else { return "cgwarden \(cause)" }
        // The other causes have a word for their kind: `pool NAME`.
        let isRule = !cause.contains(" ") && cause != "engine"
        return "cgwarden (\(isRule ? "rule " : "")\(cause))"
    }
}
