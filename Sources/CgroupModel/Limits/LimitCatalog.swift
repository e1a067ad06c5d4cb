/// All limits that cgwarden can set.
///
/// `get`, `set`, `run`, policies and documentation derive from this table. The rows are in
/// `LimitCatalog+*.swift`. The facts come from the kernel's cgroup-v2.rst and cgroup-v1/*.rst, and
/// those on properties from org.freedesktop.systemd1(5) and systemd.resource-control(5).
package enum LimitCatalog {
    /// All rows, in the order in which they are listed.
    package static let all: [Limit] = memoryRows + cpuRows + ioRows + smallRows

    private static let index: [String: Int] = Dictionary(
        uniqueKeysWithValues: all.enumerated().map { ($1.name, $0) })

    /// Returns the row with a canonical name; nil for other names, which ``CatalogName`` resolves.
    package static func limit(named name: String) -> Limit? { index[name].map { all[$0] } }

    /// The rows of a group such as `io.max`; empty for any other name.
    package static func rows(ofGroup name: String) -> [Limit] { all.filter { $0.group == name } }

    /// Makes a row.
    ///
    /// `shown` are the metrics that show it (by default the one with its name), `usage` is the metric
    /// that it limits, and `formerly` are its former names.
    static func row(
        _ name: String, _ controller: Controller, _ grammar: LimitGrammar,
        by dimension: Dimension? = nil, v2: [LimitFile] = [], v1: [LimitFile] = [],
        shown metrics: [String]? = nil, limits usage: String? = nil, nesting: Int = 0,
        refusal: String? = nil, note: String = "", formerly aliases: [String] = [], _ help: String
    ) -> Limit {
        Limit(
            name: name, aliases: aliases, controller: controller, grammar: grammar,
            dimension: dimension, v2: v2,
            v1: v1, metrics: (metrics ?? [name]).compactMap { LimitMetric($0, v2 + v1) },
            usage: usage.map(MetricCatalog.id), nesting: nesting, refusal: refusal, help: help,
            note: note)
    }

    /// A file that holds one number, or the text for unlimited.
    static func number(
        _ file: String, unlimited: String? = "max", systemd: UnitProperty? = nil,
        initial: String? = nil
    ) -> LimitFile {
        LimitFile(file, .number(unlimited: unlimited), systemd: systemd, initial: initial)
    }
}
