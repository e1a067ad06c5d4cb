import ArgumentParser
import CgroupModel
import KernelIO
import PolicyLanguage
import Reports

#if Exporter
import Exporter
#endif

/// Samples of the past.
extension StatCommand {
    /// Prints the samples of the chosen period.
    func printPast(
        _ from: WrittenTime, _ printed: [MetricID]?, _ pattern: PathPattern?, _ choice: TopChoice?
    ) throws {
        var period = try past.open(from: from)
        defer { period.reader.reportDamage() }
        #if Exporter
        if openmetrics { return try export(&period, pattern) }
        #endif
        var output = SampleOutput(
            format: json ? .json : csv ? .csv : .table, fields: printed, identities: nil,
            isPast: true)
        var count = 0
        var hasSamples = false
        let metrics = printed.map { Set($0 + (choice?.metrics ?? [])) }
        try period.samples(only: metrics) { snapshot in
            hasSamples = true
            let all = snapshot.cgroups.indices.filter { index in
                pattern?.matches(snapshot.cgroups[index].path) ?? true
            }
            guard !all.isEmpty else { return true }
            try StandardOutput.write(output.render(snapshot, choice?.rows(snapshot, all) ?? all))
            count += 1
            return count != samples
        }
        guard count == 0 else { return }
        throw Self.nothing(in: period, hasSamples ? cgroup ?? subtree : nil)
    }

    private static func nothing(in period: PastPeriod, _ pattern: String?) -> CgwardenError {
        let what = pattern.map { "no cgroup that matches \($0.printable)" } ?? "no sample"
        return CgwardenError("\(period.reader.path) has \(what) from \(period.text)", .noInput)
    }

    #if Exporter
    /// Prints the period in the format that Prometheus imports.
    private func export(_ period: inout PastPeriod, _ pattern: PathPattern?) throws {
        let disks = try period.reader.disks()
        var exposition = HistoryExposition(
            metrics: fields?.metrics, isWanted: { pattern?.matches($0) ?? true },
            deviceName: { disks[$0] })
        var hasSeries = false
        try exposition.write(from: { body in try period.samples(body) }) { bytes in
            hasSeries = true
            try StandardOutput.write(bytes)
        }
        guard hasSeries else { throw Self.nothing(in: period, cgroup ?? subtree) }
        try StandardOutput.write(HistoryExposition.end)
    }
    #endif
}
