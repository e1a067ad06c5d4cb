import CgroupModel
import Configuration

/// Texts that several findings share.
enum FindingText {
    /// Quotes a text, on one line, with a maximum length.
    static func quoted(_ text: String) -> String { ConfigNode.quoted(text) }

    /// `unknown function 'x'; did you mean 'y'?`.
    static func unknown(_ what: String, _ text: String, among valid: [String]) -> String {
        valid.isEmpty
            ? "unknown \(what) \(quoted(text)); none are defined"
            : ConfigNode.unknown(what, text, among: valid)
    }

    /// The same message for a metric, without a list of the names, because there are too many.
    static func unknownMetric(_ name: String) -> String {
        if CatalogName(name) != nil {
            return "'\(name)' is not numeric, so expressions cannot use it"
        }
        let nearest = ConfigNode.nearest(to: name, among: PolicyVocabulary.names)
        return "unknown metric \(quoted(name)); "
            + (nearest.map { "did you mean '\(PolicyVocabulary.canonical($0).name)'?" }
                ?? "`cgwarden stat --list-fields` lists the metrics")
    }
}
