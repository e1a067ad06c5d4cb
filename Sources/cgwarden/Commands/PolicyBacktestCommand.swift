import ArgumentParser
import CgroupModel
import History
import KernelIO
import Policy
import Reports
import Service

/// Runs policies over a recording.
struct PolicyBacktestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backtest",
        abstract: "Show what a policy would have done during a recording.",
        discussion: """
            The policy decides as it would have done live, but its actions do not change the \
            recorded values. So a rule's first firing on a cgroup is exact, and later ones are \
            marked counterfactual. The audit lines are those of a daemon in dry-run mode at that \
            time, and are reproducible. Groups match unit and container by the cgroup's path, \
            because the recording has no other names. Protection and holds are ignored. Rules are \
            triggered by the events that the samples show. FLAPS counts firings within 10 minutes \
            after the rule had ended. Exit status: 0, or 2 for a policy with errors.

            Examples:
              cgwarden stat --record day.rec -i 1s > /dev/null     record first
              cgwarden policy backtest build.yaml --history day.rec
              cgwarden policy backtest build.yaml --history /var/lib/cgwarden/history
              cgwarden policy backtest build.yaml --history day.rec --lines
              cgwarden policy backtest new.yaml --history day.rec --compare build.yaml
              cgwarden policy backtest t.yaml --history day.rec --sweep limit=70%..95%/6
                  (t.yaml has, for example: when: pids.current > ${limit} of pids.max)
            """)

    @Argument(
        help: ArgumentHelp("Files and directories.", valueName: "file-or-dir"),
        completion: .yaml)
    var paths: [String]
    @Option(
        help: ArgumentHelp("Recording or history directory.", valueName: "recording"),
        completion: .file())
    var history: String
    @Option(help: "Interval between ticks, if not the policy's: 5s.")
    var interval: Interval?
    @Option(help: ArgumentHelp("Write the audit lines to this file.", valueName: "file"))
    var audit: String?
    @Flag(help: "Write only the audit lines to standard output.") var lines = false
    @Option(
        help: ArgumentHelp(
            "Try values for ${NAME} in the policy, five by default.",
            valueName: "name=a..b[/steps]"))
    var sweep: Sweep?
    @Option(
        help: ArgumentHelp(
            "Compare with another policy.", valueName: "file-or-dir"))
    var compare: [String] = []

    func validate() throws {
        if sweep != nil, lines || audit != nil || !compare.isEmpty {
            throw ValidationError("--sweep cannot be combined with --lines, --audit or --compare")
        }
        if lines, audit != nil || !compare.isEmpty {
            throw ValidationError("--lines cannot be combined with --audit or --compare")
        }
    }

    func run() throws {
        let past = try Past(history)
        let files = PolicyFiles.read(paths)
        if let sweep {
            var report = SweepReport(sweep)
            for (index, value) in sweep.values.enumerated() {
                let backtest = Backtest(try sweep.files(files, value), interval: interval?.duration)
                report.add(value, try backtest.run(over: past, isQuiet: index > 0))
            }
            return try StandardOutput.write(report.text)
        }
        var output = try LineOutput(lines: lines, file: audit)
        let tally = try Backtest(files, interval: interval?.duration).run(over: past) {
            try output.add($0)
        }
        try output.finish()
        if lines { return }
        let report = BacktestReport(tally)
        if compare.isEmpty {
            try StandardOutput.write(report.text)
        } else {
            let other = try Backtest(PolicyFiles.read(compare), interval: interval?.duration)
                .run(over: past)
            try StandardOutput.write(BacktestComparison(one: tally, other: other).text)
        }
        for note in report.notes { StandardOutput.complain("cgwarden: note: \(note)") }
    }
}

/// The destination of a back-test's audit lines, which are written piece by piece, because a long
/// recording may have more of them than fit into memory.
private struct LineOutput {
    private static let piece = 1 << 16
    private let write: (([UInt8]) throws -> Void)?
    private var bytes: [UInt8] = []

    /// Writes to standard output, to a file, or nowhere.
    init(lines: Bool, file: String?) throws {
        if let file {
            let output = try OutputFile(file)
            write = { try output.append($0) }
        } else {
            write = lines ? { try StandardOutput.write($0) } : nil
        }
    }

    mutating func add(_ records: [AuditRecord]) throws {
        guard write != nil else { return }
        for record in records { AuditLine.append(record, to: &bytes) }
        if bytes.count >= Self.piece { try finish() }
    }

    mutating func finish() throws {
        try write?(bytes)
        bytes.removeAll(keepingCapacity: true)
    }
}
