extension Limit {
    /// Returns the limit's value in a snapshot; nil if the snapshot does not contain it.
    ///
    /// `instance` is ignored for a limit with one value per cgroup.
    package func value(
        in snapshot: Snapshot, at position: Int, of instance: InstanceKey? = nil
    ) -> LimitValue? {
        for metric in metrics {
            let reading: Reading
            if dimension != nil {
                guard let instance else { return nil }
                let own = snapshot.instances(position).filter { $0.metric == metric.id }
                let known = own.first { $0.key == instance } ?? own.first { $0.key == .whole }
                reading = known?.reading ?? missing
            } else {
                reading = snapshot[position, metric.id]
            }
            guard reading.isKnown else { continue }
            return value(of: reading, from: metric, period: snapshot[position, .cpuMaxPeriod].value)
        }
        return nil
    }

    /// The value of an instance without a line in the file.
    ///
    /// A disk without a line in io.max has no limit; for other files the value is unknown.
    package var missing: Reading { group == "io.max" ? .unlimited : .absent }

    /// Converts a known reading of a metric that shows the limit.
    ///
    /// Returns nil for a quota without the period, which is in microseconds.
    package func value(
        of reading: Reading, from metric: LimitMetric, period: UInt64?
    ) -> LimitValue? {
        guard let number = reading.value else { return .unlimited }
        switch metric.coding {
        case .quotaAndPeriod, .quota:
            guard let period, period > 0 else { return nil }
            return Bandwidth(quota: number, period: period).cpus
        case .text: return .text(Word.text(number))
        default: return metric.coding.value(ofStored: .number(number))
        }
    }
}
