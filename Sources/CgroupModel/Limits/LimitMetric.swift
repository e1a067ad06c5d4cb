/// A metric that shows a limit.
package struct LimitMetric: Sendable {
    /// The metric.
    package let id: MetricID
    /// The encoding of the file that it is read from.
    let coding: LimitFile.Coding

    /// Looks up a metric by name, and the encoding of the limit's file that it is read from.
    ///
    /// Returns nil for an unknown name.
    init?(_ name: String, _ files: [LimitFile]) {
        guard let metric = MetricCatalog.metric(named: name) else { return nil }
        id = metric.id
        let sources = [metric.v2, metric.v1].compactMap(\.self)
        let file = files.first { file in sources.contains { $0.file == file.name } }
        coding = file?.coding ?? .number(unlimited: nil)
    }
}
