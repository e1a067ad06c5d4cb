import ArgumentParser
import CgroupModel
import Events
import Hierarchy
import KernelIO
import PolicyLanguage
import Reports
import Service

/// Prints what happened to cgroups.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Show OOM kills and their causes, and follow what happens to cgroups.",
        discussion: """
            Without --follow, prints the OOM kills that the kernel log still has: the victim, its \
            cgroup, the cgroup whose limit was reached, and that limit. With --follow, prints every \
            event from now on, and with --since the earlier OOM kills first. No daemon is needed.

            Reading the kernel log needs root or CAP_SYSLOG on most hosts. Without it, --follow \
            reports OOM kills without their victims. Each kill is one event: a kill that only \
            the host's counter shows is reported as unattributed.

            Examples:
              cgwarden events                                   the OOM kills so far
              cgwarden events --since -1h --json                those of the last hour
              cgwarden events --follow                          everything from now on
              cgwarden events --follow --kind oom-kill,oom,limit-hit --cgroup '/batch/**'
            """)

    @OptionGroup var options: SystemOptions
    @Flag(name: .shortAndLong, help: "Wait for further events and print them.")
    var follow = false
    @Option(
        help: ArgumentHelp(
            "Begin at this time: -1h, 14:03:22, 2026-11-24T14:03:22Z.", valueName: "time"))
    var since: ReplayTime?
    @Option(help: ArgumentHelp("End at this time, written likewise.", valueName: "time"))
    var until: ReplayTime?
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
    @Option(name: [.customShort("i"), .long], help: "Interval between samples: 500ms, 5s, 1m.")
    var interval = Interval(seconds: 1)
    @Flag(help: "One JSON object per line.") var json = false

    func validate() throws {
        if let most, most < 1 { throw ValidationError("-n must be at least 1") }
    }

    func run() async throws {
        let selection = try selection()
        if follow { return try await follow(selection) }
        guard options.system.isLive else {
            throw CgwardenError("a captured tree has no kernel log; use --follow", .usage)
        }
        var host = HostEvents(options.system, from: .oldest)
        if let refusal = host.logRefusal {
            throw CgwardenError(
                "\(refusal); run as root or with CAP_SYSLOG, or use --follow", .noPermission)
        }
        let events = host.pastKills().filter(selection.contains)
        try emit(most.map { Array(events.suffix($0)) } ?? events)
    }

    private func selection() throws -> EventSelection {
        let pattern = try cgroup.map { text in
            guard let pattern = PathPattern(text) else {
                throw ValidationError("--cgroup: the pattern \(text) has an unclosed bracket")
            }
            return pattern
        }
        let now = MonotonicClock.wallMicroseconds
        return EventSelection(
            kinds: kind?.kinds, since: since?.instant(before: now),
            until: until?.instant(before: now), pattern: pattern)
    }

    private func emit(_ events: [Event]) throws {
        guard !events.isEmpty else { return }
        try StandardOutput.write(EventOutput(isJSON: json).render(events))
    }

    private func follow(_ selection: EventSelection) async throws {
        var configuration = SamplerConfiguration()
        configuration.costlyMultiple = 1
        let observation = try Observation(
            options.system, metrics: HostEvents.metrics, configuration: configuration)
        let sampler = observation.sampler
        var host = HostEvents(
            options.system, interval: UInt64(interval.seconds * 1e9),
            from: selection.since == nil ? .next : .oldest)
        if let refusal = host.logRefusal {
            StandardOutput.complain(
                "cgwarden: \(refusal); OOM kills are reported without their victims; run as root "
                    + "or with CAP_SYSLOG")
        }
        var printed = 0
        var fold = EventFold()
        if selection.since != nil {
            guard try take(host.pastKills().filter(selection.contains), &printed) else { return }
        }
        var cadence = Cadence()
        while true {
            let total = host.totalKills
            var events = host.readLog()
            let snapshot = await sampler.sample()
            events += host.take(snapshot, total: total)
            guard try take(events, selection, &printed, &fold) else { return }
            if let until = selection.until, snapshot.wallTime > until { return }
            _ = cadence.advance(by: interval.duration)
            while let milliseconds = Self.milliseconds(until: cadence.next) {
                let descriptors = [host.logDescriptor].compactMap { $0 }
                Readiness.wait(
                    for: descriptors + sampler.notices, milliseconds: milliseconds)
                guard Self.milliseconds(until: cadence.next) != nil else { break }
                let born = await sampler.newborns()
                events = host.take(newborns: born) + host.readLog()
                guard try take(events, selection, &printed, &fold) else { return }
                // Births come in bursts; handling them together costs less.
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    /// Prints the selected events; false once the wanted number is reached.
    private func take(
        _ events: [Event], _ selection: EventSelection, _ printed: inout Int,
        _ fold: inout EventFold
    ) throws -> Bool {
        let chosen = fold.take(
            events.filter(selection.contains), now: MonotonicClock.bootNanoseconds)
        return try take(chosen, &printed)
    }

    private func take(_ events: [Event], _ printed: inout Int) throws -> Bool {
        let rest = most.map { Array(events.prefix($0 - printed)) } ?? events
        try emit(rest)
        printed += rest.count
        return most.map { printed < $0 } ?? true
    }

    /// The time until an instant, rounded up; nil if it is over.
    private static func milliseconds(until instant: ContinuousClock.Instant) -> Int32? {
        let left = ContinuousClock.now.duration(to: instant)
        guard left > .zero else { return nil }
        return Int32(min(left / .milliseconds(1), 60_000).rounded(.up))
    }
}
