import Actuation
import ArgumentParser
import CgroupModel
import KernelIO
import Reports
import Service

/// Ends all processes of a cgroup.
struct KillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill", abstract: "Kill all processes of a cgroup and its descendants.",
        discussion: """
            All processes get the signal; those left after the grace time are killed, including \
            any that fork in the meantime. It succeeds when the cgroup is empty. The cgroup itself \
            stays.

            Examples:
              cgwarden kill batch.slice
              cgwarden kill --signal INT --grace 30s /lab/job
              cgwarden kill --grace 0s /lab/job      immediately
              cgwarden kill --pid 1234 /lab/job      one of its processes
            """)

    @OptionGroup var options: SystemOptions
    @OptionGroup var state: StateDirectoryOption
    @Argument(help: .cgroup, completion: .cgroup) var cgroup: String
    @Option(
        help: "Signal to send first: TERM, INT, HUP, QUIT…",
        completion: .words(EndingSignal.allNames),
        transform: { text in
            guard let signal = EndingSignal(text) else {
                throw ValidationError(unknown: "signal", text, among: EndingSignal.allNames)
            }
            return signal
        })
    var signal = EndingSignal.terminate
    @Option(help: "Grace time before SIGKILL; 0s kills immediately.")
    var grace = GraceTime(seconds: 10)
    @Option(help: "ID of the only process of the cgroup to kill.") var pid: Int32?
    @Flag(help: "Show what would be done, without doing it.") var dryRun = false

    func run() async throws {
        let context = try ActionContext(options)
        let path = try await context.resolve(cgroup)
        context.noteClaims(on: path, \.notesOnFreeze)
        if let pid { return try kill(pid, of: path, context) }
        let killed = try Killer(context.routed()).kill(
            path, signal: signal, grace: grace.duration, dryRun: dryRun)
        if dryRun { return try printPlan(killed.processes, of: path) }
        let how =
            switch killed.means {
            case .nobody, nil: ""
            case .signal: " with SIG\(signal.name)"
            case .kernel: " by cgroup.kill"
            case .frozen(let rounds): " frozen, with SIGKILL, \(counted(rounds, "round", "rounds"))"
            case .oneByOne(let rounds): " with SIGKILL, \(counted(rounds, "round", "rounds"))"
            }
        let who = counted(killed.processes, "process", "processes")
        try StandardOutput.write(
            killed.processes == 0 ? "\(path) was empty\n" : "killed \(who) of \(path)\(how)\n")
    }

    private func kill(_ pid: Int32, of path: CgroupPath, _ context: ActionContext) throws {
        let killed = try ProcessKiller(context.routed()).kill(
            pid, in: path, signal: signal, grace: grace.duration, dryRun: dryRun)
        let who = "process \(pid) (\(killed.name)) of \(path)"
        if dryRun { return try StandardOutput.write("would kill \(who) \(plannedMeans)\n") }
        let means = killed.isForced || grace.duration == .zero ? "KILL" : signal.name
        try StandardOutput.write("killed \(who) with SIG\(means)\n")
    }

    private var plannedMeans: String {
        grace.duration > .zero
            ? "with SIG\(signal.name), and with SIGKILL after \(grace.duration.shortText)"
            : "with SIGKILL"
    }

    private func printPlan(_ processes: Int, of path: CgroupPath) throws {
        try StandardOutput.write(
            processes == 0
                ? "\(path) is empty\n"
                : "would kill \(counted(processes, "process", "processes")) of \(path) \(plannedMeans)\n"
        )
    }
}

/// A time that may be zero: `0`, `0s`, `0ms`, or an ``Interval``.
struct GraceTime: ExpressibleByArgument, ExpectedValue {
    static let expected = "0s, or \(Interval.expected)"

    let duration: Duration

    init(seconds: Int64) { duration = .seconds(seconds) }

    init?(argument: String) {
        if ["0", "0s", "0ms"].contains(argument) {
            duration = .zero
        } else if let interval = Interval(argument: argument) {
            duration = interval.duration
        } else {
            return nil
        }
    }

    var defaultValueDescription: String { duration.shortText }
}
