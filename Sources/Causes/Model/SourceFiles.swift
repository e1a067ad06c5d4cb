package import CgroupModel

/// The files that samples come from: their names on this host, and which were read.
package struct SourceFiles: Sendable {
    /// The controllers that are mounted as v1.
    private let legacy: Set<Controller>
    /// The metrics whose files are read; nil for all.
    private let sampled: Set<MetricID>?

    /// Names v1 files for the given controllers, and v2 files for all others.
    ///
    /// `sampled` lists the metrics whose files are read; nil means all. Other metrics are reported
    /// as not sampled, not as absent.
    package init(legacy: Set<Controller> = [], sampled: Set<MetricID>? = nil) {
        self.legacy = legacy
        self.sampled = sampled
    }

    /// Whether the metric is read from a v1 file.
    func isLegacy(_ metric: MetricID) -> Bool { legacy.contains(MetricCatalog[metric].controller) }

    func isSampled(_ metric: MetricID) -> Bool { sampled?.contains(metric) ?? true }

    /// Returns the name of the file, and for a file with keys the key: `cpu.stat nr_throttled`.
    ///
    /// `unified` selects the v2 file of a metric that is true if it is true in either hierarchy.
    func name(_ metric: MetricID, unified: Bool = false) -> String {
        let row = MetricCatalog[metric]
        let isLegacy = legacy.contains(row.controller) && !unified
        let sources = isLegacy ? [row.v1, row.v2] : [row.v2, row.v1]
        guard let source = sources.lazy.compactMap(\.self).first else { return row.name }
        // On v1, the swap limit is the difference of two other limits.
        if isLegacy, metric == .memorySwapMax { return name(.memoryAndSwapMax) }
        // A number is a position in a line, not a key.
        guard let key = source.key, Int(key) == nil else { return source.file }
        return "\(source.file) \(key)"
    }
}
