import CgroupModel

/// Paths as words of a request to the daemon: names of cgroups may contain blanks, tabs and bytes
/// that are no text.
extension CgroupPath {
    /// The path as one word.
    var controlWord: String { PercentText.encoded(bytes) }

    /// Reads such a word.
    init(controlWord word: String) { self.init(normalising: PercentText.decoded(word)) }
}
