#if Exporter
import CgroupModel
import Exporter
import Hierarchy
import KernelIO

/// A source that samples on demand, unless the last sample is less than a second old.
actor ScrapeSource: MetricsSource {
    private let sampler: Sampler
    private let ledger: ExportLedger

    init(_ sampler: Sampler, _ ledger: ExportLedger) {
        self.sampler = sampler
        self.ledger = ledger
    }

    func snapshot() async throws -> Snapshot? {
        let now = MonotonicClock.wallMicroseconds
        if let last = ledger.latest, now >= last.wallTime, now - last.wallTime < 1_000_000 {
            return last
        }
        ledger.enter(await sampler.sample())
        return ledger.latest
    }
}
#endif
