extension Snapshot {
    /// The value of a metric as people read it, summed over its instances: `cpu.max` in CPUs, as
    /// `get` prints it.
    package func humanText(_ index: Int, _ metric: Metric) -> String {
        let reading = total(index, metric.id)
        guard metric.id == .cpuMax, let quota = reading.value,
            let period = self[index, .cpuMaxPeriod].value, period > 0
        else { return metric.humanText(reading) }
        return LimitGrammar.cpus.text(Bandwidth(quota: quota, period: period).cpus)
    }
}
