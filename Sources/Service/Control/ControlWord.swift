package import CgroupModel

/// Paths as words of a request; cgroup names can contain spaces, tabs and bytes that are not UTF-8.
extension CgroupPath {
    /// The path as one escaped word.
    package var controlWord: String { PercentText.encoded(bytes) }

    /// Decodes a word that ``controlWord`` encoded.
    init(controlWord word: String) { self.init(normalising: PercentText.decoded(word)) }
}
