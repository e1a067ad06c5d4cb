import CgroupModel
import Configuration

/// Sentences that several findings share.
enum FindingText {
    /// A text in quotes, on one line, and not without end.
    static func quoted(_ text: String) -> String { ConfigNode.quoted(text) }

    /// `unknown function 'x', nearest valid 'y'`.
    static func unknown(_ what: String, _ text: String, among valid: [String]) -> String {
        valid.isEmpty
            ? "unknown \(what) \(quoted(text)); none is defined"
            : ConfigNode.unknown(what, text, among: valid)
    }

    /// The same of a metric, whose names are too many to list.
    static func unknownMetric(_ name: String) -> String {
        if MetricCatalog.metric(named: name) != nil {
            return "'\(name)' is no number that an expression can use"
        }
        let names = PolicyVocabulary.all.map(\.name)
        return "unknown metric \(quoted(name)), "
            + (ConfigNode.nearest(to: name, among: names).map { "nearest valid '\($0)'" }
                ?? "`cgwarden stat --list-fields` lists them")
    }
}
