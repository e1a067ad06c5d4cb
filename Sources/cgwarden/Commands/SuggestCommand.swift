import ArgumentParser
import CgroupModel
import Configuration
import History
import KernelIO
import Reports
import Service
import Suggest

/// Suggests limits from history, as a policy.
struct SuggestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suggest",
        abstract: "Suggest limits for cgroups from their history, as a policy.",
        discussion: """
            Reads what the daemon, or --record, kept of the last days, and prints a policy whose \
            comments give the evidence for each value. At the end, a table shows how often the \
            recorded demand would have reached each value, or 90% of it. Nothing is changed. \
            Without CGROUP, limits are suggested for services and scopes, and for cgroups without \
            children that are in neither.

            memory.max is the highest demand plus the margin, memory.high half-way to it. Demand \
            is memory without inactive page cache, except cache that was read again soon after \
            reclaim. If a limit was reached in the window, the demand above it is unknown, so the \
            value is at least a fifth above that limit; if it was reached half of the time, \
            nothing is suggested. pids.max is twice the peak. cpu.weight divides CPUs among siblings by \
            need; cpu.max and io.max are suggested only where they are set or asked for.

            Exit status: 65 if nothing can be suggested: the history is too short or has mostly \
            gaps, or every limit was reached half of the time.

            Examples:
              cgwarden suggest nginx.service
              cgwarden suggest '/system.slice/*' --window 30d > 60-sizes.yaml
              cgwarden suggest --history day.rec --min-window 8h --margin 25%
            """)

    @Argument(
        help: ArgumentHelp(
            "Path or name of a recorded cgroup, or a pattern.", valueName: "cgroup"),
        completion: .cgroup)
    var cgroup: String?
    @Option(help: "Length of the history to use, up to its end (default: 7d).")
    var window: Interval?
    @OptionGroup var store: HistoryOptions
    @Option(help: "Share to add to peaks.") var margin = Share(0.15)
    @Option(help: "Minimum time that a suggestion is based on (default: 24h).")
    var minWindow: Interval?
    @Flag(help: "Suggest cpu.max also where none is set.") var quota = false
    @Flag(help: "Suggest io.max also where none is set.") var io = false
    @Flag(help: "One JSON object.") var json = false

    private static let usualWindow = Duration.seconds(7 * 86_400)

    func run() throws {
        var options = SizingOptions()
        options.margin = margin.value
        if let minWindow { options.leastTime = UInt64(minWindow.seconds * 1e9) }
        options.suggestsQuota = quota
        options.suggestsIO = io
        var past = try store.open().past
        defer { for note in past.notes { StandardOutput.complain("cgwarden: \(note)") } }
        var sizing = try RightSizing(
            past, window: window?.duration ?? Self.usualWindow, options: options)
        let report = try sizing.report(on: cgroup)
        past = sizing.past
        let policy = report.policy
        if policy.utf8.count > ConfigLoader.largestFile {
            StandardOutput.complain(
                "cgwarden: the policy is larger than 1 MiB, so it must be split; name a pattern "
                    + "for a part of the cgroups")
        }
        try StandardOutput.write(json ? report.json : Array(policy.utf8))
    }
}

/// A share in percent: `15%`.
struct Share: ExpressibleByArgument, ExpectedValue {
    static let expected = "a percentage from 0% to 1000%"

    let value: Double

    init(_ value: Double) { self.value = value }

    init?(argument: String) {
        let digits = argument.hasSuffix("%") ? argument.dropLast() : argument[...]
        guard let number = Double(digits), number >= 0, number <= 1000 else { return nil }
        value = number / 100
    }

    var defaultValueDescription: String { "\(DecimalText.fixed(value * 100, places: 0))%" }
}
