package import Actuation
internal import CgroupModel
internal import KernelIO

/// The summary of a run.
package struct RunReport {
    let summary: RunSummary
    let command: [String]

    /// Reports on a run of a command with its arguments.
    package init(summary: RunSummary, command: [String]) {
        self.summary = summary
        self.command = command
    }

    /// A summary of a few lines.
    package var text: String {
        let wall = DecimalText.fixed(Double(summary.wallNanoseconds) / 1e9, places: 2)
        let lines = [
            "cgwarden: \(summary.path.name) \(ending)",
            "  wall \(wall)s   CPU \(human(.cpuUsage))\(cpuParts)   throttled \(throttling)",
            "  memory peak \(human(.memoryPeak))   page faults \(human(.memoryPageFaults)) "
                + "(\(human(.memoryMajorFaults)) major)   OOM kills \(human(.memoryOOMKills))",
            "  I/O \(transfers)   "
                + "peak tasks \(human(.pidsPeak))   failed forks \(human(.pidsRefused))",
        ]
        return lines.joined(separator: "\n")
    }

    /// A JSON object with the catalog's names; unknown values are left out.
    package var json: String {
        var json = JSONWriter()
        json.object { json in
            json.member("path", summary.path.text)
            json.array("command") { json in for word in command { json.value(word) } }
            json.member("status", Int64(summary.end.status))
            if case .killed(let signal) = summary.end {
                json.member("signal", Int64(signal))
            }
            json.member("killed_by_memory_limit", summary.isKilledByMemoryLimit)
            json.member("wall_usec", summary.wallNanoseconds / 1000)
            for id in RunSummary.metrics where summary[id].isKnown {
                let metric = MetricCatalog[id]
                json.key(metric.name)
                metric.write(summary[id], to: &json)
            }
        }
        return String(decoding: json.take(), as: UTF8.self)
    }

    private var ending: String {
        if summary.isKilledByMemoryLimit { return "was killed by its memory limit" }
        switch summary.end {
        case .exited(0): return "exited 0"
        case .exited(let status): return "exited \(status)"
        case .killed(let signal): return "was killed by signal \(signal)"
        }
    }

    /// User and system time; empty if they do not add up, because v1 counts them in clock ticks.
    private var cpuParts: String {
        if let all = summary[.cpuUsage].value, let user = summary[.cpuUser].value,
            let system = summary[.cpuSystem].value
        {
            let sum = user + system
            guard max(all, sum) - min(all, sum) <= all / 10 else { return "" }
        }
        return " (user \(human(.cpuUser)), system \(human(.cpuSystem)))"
    }

    private var transfers: String {
        [MetricID.ioReadBytes, .ioWrittenBytes].contains { summary[$0].isKnown }
            ? "\(human(.ioReadBytes)) read, \(human(.ioWrittenBytes)) written" : "not counted"
    }

    private var throttling: String {
        guard summary[.cpuThrottledTime].value != nil else { return human(.cpuThrottledTime) }
        return "\(human(.cpuThrottledTime)) in \(human(.cpuThrottledPeriods)) of "
            + "\(human(.cpuPeriods)) periods"
    }

    private func human(_ metric: MetricID) -> String {
        let reading = summary[metric]
        return reading.isKnown ? MetricCatalog[metric].humanText(reading) : "-"
    }
}
