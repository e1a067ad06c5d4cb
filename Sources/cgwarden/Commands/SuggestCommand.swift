import ArgumentParser
import CgroupModel
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
            comments give the evidence for each value. Its end is a back-test: how often the \
            recorded demand would have reached each value, and nine tenths of it. Nothing is \
            changed. Without CGROUP, services and scopes are sized, and elsewhere cgroups without \
            children.

            memory.max is the highest demand plus the margin, memory.high half-way to it. Demand \
            is memory without inactive page cache, except cache that was read again soon after \
            reclaim. A limit that bound in the window hid the demand above it, so the value is \
            then at least a fifth above that limit; if it bound half of the time, nothing is \
            suggested. pids.max is twice the peak. cpu.weight divides CPUs among siblings by \
            need; cpu.max and io.max are suggested only where they are set or asked for.

            Exit status: 65 if the history is too short or has mostly gaps, or if a limit bound \
            all the time.

            Examples:
              cgwarden suggest nginx.service
              cgwarden suggest '/system.slice/*' --window 30d > /etc/cgwarden/policy.d/60-sizes.yaml
              cgwarden suggest --history day.rec --min-window 8h --margin 25%
            """)

    @Argument(
        help: ArgumentHelp(
            "Path or name of a recorded cgroup, or a pattern.", valueName: "cgroup"),
        completion: .cgroup)
    var cgroup: String?
    @Option(help: "Length of history to use, up to its end.") var window = Days(7 * 24)
    @Option(
        help: ArgumentHelp(
            "History folder, or recording.", valueName: "path"), completion: .file())
    var history = "/var/lib/cgwarden/history"
    @Option(help: "Share to add to peaks.") var margin = Share(0.15)
    @Option(help: "Least time that a suggestion may be based on.") var minWindow = Days(24)
    @Flag(help: "Suggest cpu.max also where none is set.") var quota = false
    @Flag(help: "Suggest io.max also where none is set.") var io = false
    @Flag(help: "One JSON object.") var json = false

    func run() throws {
        var options = SizingOptions()
        options.margin = margin.value
        options.leastTime = UInt64(minWindow.seconds * 1e9)
        options.suggestsQuota = quota
        options.suggestsIO = io
        var past: Past
        do {
            past = try Past(history)
        } catch let error as IOError where error.isMissing {
            throw CgwardenError(
                "\(history): there is no history; start the daemon, or record with "
                    + "`cgwarden stat --record FILE` and name it with --history", .noInput)
        }
        defer { for note in past.notes { StandardOutput.complain("cgwarden: \(note)") } }
        var sizing = try RightSizing(
            past, window: .seconds(window.seconds), options: options)
        let report = try sizing.report(on: cgroup)
        past = sizing.past
        try StandardOutput.write(json ? report.json : Array(report.policy.utf8))
    }
}

/// A length of history: `12h`, `7d`.
struct Days: ExpressibleByArgument {
    let seconds: Double

    init(_ hours: Double) { seconds = hours * 3600 }

    init?(argument: String) {
        if argument.hasSuffix("d"), let days = Double(argument.dropLast()), days > 0, days <= 3660 {
            seconds = days * 86_400
        } else if let interval = Interval(argument: argument) {
            seconds = interval.seconds
        } else {
            return nil
        }
    }

    var defaultValueDescription: String {
        let hours = Int(seconds / 3600)
        return hours > 24 && hours % 24 == 0 ? "\(hours / 24)d" : "\(hours)h"
    }
}

/// A share in percent: `15%`.
struct Share: ExpressibleByArgument {
    let value: Double

    init(_ value: Double) { self.value = value }

    init?(argument: String) {
        let digits = argument.hasSuffix("%") ? argument.dropLast() : argument[...]
        guard let number = Double(digits), number >= 0, number <= 1000 else { return nil }
        value = number / 100
    }

    var defaultValueDescription: String { "\(DecimalText.fixed(value * 100, places: 0))%" }
}
