#if Exporter
import CgroupModel
import Exporter
import Hierarchy
import KernelIO

/// Samples when a scrape comes, unless the last sample is younger than a second.
actor ScrapeSource: MetricsSource {
    /// The rows that the exporter has families for, what it derives from others, and what the page
    /// shows.
    static let metrics: [MetricID] =
        MetricCatalog.all.filter { $0.family != nil && $0.tier <= .settings }.map(\.id)
        + Set([.memoryMaxEffective] + CgroupFigures.metrics).filter { MetricCatalog[$0].family == nil }

    private let sampler: Sampler
    private var last: Snapshot?

    init(_ sampler: Sampler) { self.sampler = sampler }

    func snapshot() async throws -> Snapshot? {
        let now = MonotonicClock.wallMicroseconds
        if let last, now >= last.wallTime, now - last.wallTime < 1_000_000 { return last }
        let fresh = await sampler.sample()
        last = fresh
        return fresh
    }
}
#endif
