#if Exporter
import CgroupModel
import Exporter
import Hierarchy
import KernelIO

/// Samples when a scrape comes, unless the last sample is younger than a second.
actor ScrapeSource: MetricsSource {
    private let sampler: Sampler
    private let kills: OOMKillTally
    private var last: Snapshot?

    init(_ sampler: Sampler, _ kills: OOMKillTally) {
        self.sampler = sampler
        self.kills = kills
    }

    func snapshot() async throws -> Snapshot? {
        let now = MonotonicClock.wallMicroseconds
        if let last, now >= last.wallTime, now - last.wallTime < 1_000_000 { return last }
        let fresh = await sampler.sample()
        kills.take(fresh)
        last = fresh
        return fresh
    }
}
#endif
