import ArgumentParser
import CgroupModel
import Events
import Hierarchy
import KernelIO
import Reports
import Service

/// Prints what happened to cgroups.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Show OOM kills and their causes, and follow what happens to cgroups.",
        discussion: """
            If a daemon runs, the command prints the events that it has kept. With --follow, it \
            prints those that happen from now on; --since prints earlier events first.

            Without a daemon, the command prints the events that one left on disk since the last \
            boot, and the later OOM kills in the kernel log: the victim, its cgroup, the cgroup \
            whose limit was reached, and that limit. With --follow, it prints every event from \
            now on. One line on standard error says why no daemon is used.

            Reading the kernel log needs root or CAP_SYSLOG on most hosts. Without it, --follow \
            reports OOM kills, but not the killed process. With CAP_SYS_ADMIN, changes of limits \
            name the process that wrote; without it, only the old and the new value. Each kill is \
            one event. If only the host's counter shows it, the event has no cgroup and its kind \
            is unattributed.

            Examples:
              cgwarden events -n 20                             the newest events
              cgwarden events --kind oom-kill --since -1h --json
              cgwarden events --follow                          everything from now on
              cgwarden events --follow --kind changed           who sets which limit
              cgwarden events --follow --kind oom-kill,oom,limit-hit --cgroup '/batch/**'
            """)

    @OptionGroup var options: SystemOptions
    @OptionGroup var state: StateDirectoryOption
    @Flag(name: .shortAndLong, help: "Wait for further events and print them.")
    var follow = false
    @Option(
        help: ArgumentHelp(
            "Start time: -1h, 14:02, 'yesterday 14:00', RFC 3339.", valueName: "time"))
    var since: WrittenTime?
    @Option(help: ArgumentHelp("End time, as for --since.", valueName: "time"))
    var until: WrittenTime?
    @Option(
        help: ArgumentHelp(
            "Only these kinds: "
                + EventKind.allCases.map(\.rawValue).joined(separator: ", ") + "."),
        completion: .eventKinds, transform: EventKindList.init(parsing:))
    var kind: EventKindList?
    @Option(help: "Only cgroups whose path matches: * within a component, ** across.")
    var cgroup: String?
    @Option(
        name: [.customShort("n"), .customLong("count")],
        help: "Only the last N events; with --follow, the first N.")
    var most: Int?
    @Option(
        name: [.customShort("i"), .long],
        help: "Interval between samples without a daemon: 500ms, 5s, 1m.")
    var interval = Interval(seconds: 1)
    @Flag(help: "One JSON object per line.") var json = false

    func validate() throws {
        if let most, most < 1 { throw ValidationError("-n must be at least 1") }
        let now = MonotonicClock.wallMicroseconds
        // An error in run() would recommend the help of the whole program.
        if let begin = try? since?.instant(before: now), let end = try? until?.instant(before: now),
            end < begin
        {
            throw ValidationError("--until is before --since")
        }
    }

    func run() async throws {
        let selection = try selection()
        var printer = EventPrinter(
            selection: selection, isJSON: json, isFollowing: follow, most: most)
        guard options.isWholeHost else { return try await runAlone(&printer, nil) }
        do {
            _ = try DaemonEvents.newest()
        } catch let error as CgwardenError {
            return try await runAlone(
                &printer, error.status == .unavailable ? "no daemon runs" : error.message)
        }
        try await KeptEvents.show(to: &printer)
    }

    /// Runs without a daemon; `reason` says why, nil if none is expected.
    private func runAlone(_ printer: inout EventPrinter, _ reason: String?) async throws {
        let own = OwnEvents(system: options.system, interval: interval)
        if follow { return try await own.follow(&printer, reason) }
        try own.showPast(&printer, reason)
    }

    private func selection() throws -> EventSelection {
        let pattern = try cgroup.map { text in
            guard let pattern = PathPattern(text) else {
                throw ValidationError("--cgroup: pattern \(text): unclosed bracket; close it")
            }
            return pattern
        }
        let now = MonotonicClock.wallMicroseconds
        let begin = try since?.instant(notAfter: now)
        let end = try until?.instant(before: now)
        return EventSelection(kinds: kind?.kinds, since: begin, until: end, pattern: pattern)
    }
}
