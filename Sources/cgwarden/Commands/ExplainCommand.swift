import ArgumentParser
import Causes
import CgroupModel
import Hierarchy
import History
import KernelIO
import Reports
import Service

/// Explains why a cgroup is slow, stuck or about to be killed.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Explain why a cgroup is slow, stuck or about to be killed.",
        discussion: """
            Watches the cgroup, its ancestors and their children for two seconds. The first line \
            is the verdict: the worst problem, and the cgroup and limit that cause it. The values \
            that support it follow, each with its file (with a path if it is another cgroup's), \
            its age above 5 s and, if known, who set it. Then come other findings, the limit with \
            the least headroom of each kind, and what tasks wait for.

            REACHED IN is the time until usage reaches the limit if it keeps growing as it did. \
            "some" is the share of time in which at least one task waited, "full" that in which \
            all did.

            An ancestor can be the cause even if the cgroup's own limits are high. If a daemon \
            runs, its policies for the cgroup are shown, too, and so are the events of the last \
            hour.

            With --at, explains the cgroup at a time in the past, from two samples of the history. \
            Who set a limit, and the policies of that time, are not recorded.

            Examples:
              cgwarden explain postgresql.service
              cgwarden explain postgresql.service --at 14:02
              cgwarden explain /build/job-7 --window 10s
              cgwarden explain --pid 1234 --json
            """)

    @OptionGroup var options: SystemOptions
    @OptionGroup var state: StateDirectoryOption
    @OptionGroup var chosen: CgroupOrProcess
    @Option(name: [.customShort("d"), .long], help: "Time to watch, 100ms to 1m (default: 2s).")
    var window: WatchTime?
    @Flag(help: "One JSON object.") var json = false
    @OptionGroup var past: PastOptions

    private static let usualWindow = Interval(seconds: 2)

    func validate() throws {
        try chosen.requireOne()
        if past.at != nil, window != nil || chosen.pid != nil {
            throw ValidationError("--at is mutually exclusive with --window and --pid")
        }
    }

    func run() async throws {
        if let found = try past.snapshot() {
            let snapshot = found.snapshot
            let explanation = Explanation(
                try found.omissions.index(typed: chosen.cgroup ?? "", in: snapshot), in: snapshot,
                after: found.earlier.map { EarlierLevels($0) },
                files: SourceFiles(legacy: Set(found.machine?.legacy ?? [])))
            let report = CauseReport(explanation, policies: nil)
            // The verdict stays the first line.
            let verdict = report.text.prefix { $0 != "\n" }
            let time = "\n  as of \(CivilTime(local: snapshot.wallTime).text)"
            let text = verdict + time + report.text.dropFirst(verdict.count)
            return try StandardOutput.write(json ? report.json : Array(text.utf8))
        }
        let set = try HierarchySet.discover(options.system)
        let path = try await chosen.path(in: set)
        var explanation = try await explain(path, in: set)
        if set.system.isLive {
            let owners = LimitOwners(in: set, journal: try? StateDirectory.journal())
            explanation.attribute { evidence in
                evidence.reading.value.flatMap { _ in
                    owners.owner(of: evidence.file, in: evidence.cgroup)
                }
            }
        }
        let report = CauseReport(
            explanation,
            policies: set.system.isLive ? CauseReport.Policies(on: path, asJSON: json) : nil,
            events: set.system.isLive ? try? DaemonEvents.line(of: path) : nil)
        try StandardOutput.write(json ? report.json : Array(report.text.utf8))
    }

    private func explain(_ path: CgroupPath, in set: HierarchySet) async throws -> Explanation {
        var configuration = SamplerConfiguration()
        configuration.isContinuous = false
        configuration.scope = SampleScope(
            subtree: path, depth: 0, withAncestors: true, withSiblings: true)
        let sampler = try Sampler(
            ReadPlan(Explanation.metrics, on: set), on: set, configuration)
        for failure in sampler.unreadable {
            StandardOutput.complain("cgwarden: \(failure); that hierarchy is skipped")
        }
        let before = await sampler.sample()
        guard let first = before.index(of: path) else {
            throw HierarchyError.noSuchCgroup(path.description, similar: [])
        }
        try await Task.sleep(for: (window?.interval ?? Self.usualWindow).duration)
        let now = await sampler.sample()
        guard let index = now.index(of: path), now.cgroups[index].id == before.cgroups[first].id
        else {
            throw CgwardenError("\(path) was removed while it was watched", .noInput)
        }
        return Explanation(
            index, in: now, after: EarlierLevels(before),
            files: SourceFiles(legacy: set.legacyControllers),
            at: MonotonicClock.bootNanoseconds)
    }
}

/// The time between the two samples of an explanation.
struct WatchTime: ExpressibleByArgument, ExpectedValue {
    static let expected = "a time from 100ms to 1m"

    let interval: Interval

    init?(argument: String) {
        guard let interval = Interval(argument: argument), (0.1...60).contains(interval.seconds)
        else { return nil }
        self.interval = interval
    }
}
