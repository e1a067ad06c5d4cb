internal import CgroupModel

extension SampleHealth {
    /// Adds the counts of another shard in the same pass.
    mutating func add(_ other: SampleHealth) {
        filesRead += other.filesRead
        malformed += other.malformed
        notPermitted += other.notPermitted
        unkept += other.unkept
        descriptors += other.descriptors
        guard !collectors.isEmpty else { return collectors = other.collectors }
        for (index, part) in zip(collectors.indices, other.collectors) {
            collectors[index].duration += part.duration
            collectors[index].failures += part.failures
            collectors[index].skippedRows += part.skippedRows
            collectors[index].hasFailed = collectors[index].hasFailed || part.hasFailed
        }
    }

    /// Adds the counts of the next pass to these totals.
    mutating func accumulate(_ pass: SampleHealth) {
        filesRead += pass.filesRead
        malformed += pass.malformed
        notPermitted += pass.notPermitted
        unkept += pass.unkept
        descriptors = pass.descriptors
        collectors = pass.collectors(after: collectors)
    }

    /// The collectors of this pass, with the failures and skipped rows of all previous passes added.
    private func collectors(after before: [CollectorHealth]) -> [CollectorHealth] {
        var sums = collectors
        for (index, part) in zip(sums.indices, before) {
            sums[index].failures += part.failures
            sums[index].skippedRows += part.skippedRows
        }
        return sums
    }
}
