import CgroupModel
import Suggest

/// A table of how often recorded demand would have reached limits.
struct TrialTable {
    /// A limit with its counts.
    struct Row {
        var path: CgroupPath
        var count: LimitTrial.Count
    }

    private let rows: [Row]

    /// Creates a table of all limits of a trial.
    init(_ trial: LimitTrial) {
        rows = trial.paths.flatMap { path in
            trial.counts(of: path).map { Row(path: path, count: $0) }
                .sorted { $0.count.limit.text < $1.count.limit.text }
        }
    }

    /// The table, each row with a newline; empty without limits.
    var text: String {
        guard !rows.isEmpty else { return "" }
        let head = [
            "LIMIT", "VALUE", "HITS", "AT -10%", "OF", "PEAK", "HEADROOM", "KILLS AVOIDED",
            "CGROUP",
        ]
        return LeftTable([head] + rows.map { cells($0) }).text
    }

    private func cells(_ row: Row) -> [String] {
        let count = row.count
        let kills = count.killsAvoided.adding(count.killsLeft)
        return [
            count.limit.text, count.limit.text(count.value), "\(count.hits)",
            "\(count.hitsBelow)", "\(count.samples)",
            count.peak.map { count.limit.amount($0.value) } ?? "-",
            headroom(count), kills > 0 ? "\(count.killsAvoided) of \(kills)" : "-",
            row.path.description,
        ]
    }

    private func headroom(_ count: LimitTrial.Count) -> String {
        guard let rest = count.headroom, count.value > 0 else { return "-" }
        return "\(DecimalText.fixed(Double(rest) / Double(count.value) * 100, places: 0))%"
    }
}

extension SizedLimit {
    /// The name in a policy: `io.max.wbps[254:0]`.
    var text: String { disk.map { "\(name)[\($0.text(.device))]" } ?? name }

    /// A value as a policy writes it: `480MiB`, `1.5cpus`.
    func text(_ value: UInt64) -> String {
        switch limit?.grammar {
        case .bytes: WrittenSteps.text(ofBytes: value)
        case let grammar?: grammar.text(.number(value))
        case nil: "\(value)"
        }
    }

    /// A reading of the limit as a policy writes it; `max` if there is no limit.
    func text(_ reading: Reading) -> String {
        reading.value.map { text($0) } ?? reading.word ?? ""
    }

    /// A demand in readable form: `412.3 MiB`, `0.35 CPUs`, `1.2 MiB/s`, `30`.
    func amount(_ value: UInt64) -> String {
        switch limit?.grammar {
        case .bytes: ByteText.of(value)
        case .cpus: "\(DecimalText.fixed(Double(value) / 1e6, places: 2)) CPUs"
        case .bytesPerSecond: "\(ByteText.of(value))/s"
        case .operationsPerSecond: "\(value)/s"
        default: "\(value)"
        }
    }
}
