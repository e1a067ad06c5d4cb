extension Snapshot {
    /// Returns the snapshot with other readings of a metric, one for each cgroup.
    ///
    /// A snapshot without the metric stays as it is.
    package func replacing(_ metric: MetricID, with readings: [Reading]) -> Snapshot {
        guard let column = schema.column(of: metric), readings.count == cgroups.count else {
            return self
        }
        var blocks = blocks
        for (entry, reading) in zip(cgroups, readings) {
            blocks[entry.row.block].values[entry.row.row * schema.width + column] =
                reading.rawValue
        }
        var result = Snapshot(
            tick: tick, wallTime: wallTime, tierTimes: tierTimes, schema: schema,
            cgroups: cgroups, blocks: blocks, host: host, health: health)
        result.departed = departed
        result.settingsReads = settingsReads
        return result
    }
}
