import CgroupModel
import Events
import Hierarchy
import KernelIO
import Reports
import Service

/// Prints the events that this command finds itself, without a daemon.
struct OwnEvents {
    let system: SystemRoot
    let interval: Interval

    /// Prints the events that a daemon has left on disk, and later OOM kills from the kernel log;
    /// `reason` says why no daemon is used.
    func showPast(_ printer: inout EventPrinter, _ reason: String?) throws {
        guard system.isLive else {
            throw CgwardenError("a captured tree has no kernel log; use --follow", .usage)
        }
        var host = HostEvents(system, from: .oldest)
        if let reason, let journal = Self.journal {
            StandardOutput.complain(
                "cgwarden: \(reason); showing the events stored on disk, and later OOM kills in "
                    + "the kernel log")
            if let refusal = host.logRefusal { StandardOutput.complain("cgwarden: \(refusal)") }
            guard try showLeft(journal, &host, &printer) else { return }
            return try printer.finish()
        }
        if let refusal = host.logRefusal {
            throw CgwardenError(
                "\(refusal); run as root or with CAP_SYSLOG, or use --follow", .noPermission)
        }
        if let reason {
            StandardOutput.complain(
                "cgwarden: \(reason); showing only the OOM kills in the kernel log")
        }
        _ = try printer.take(host.pastKills())
        try printer.finish()
    }

    /// The file of the events that a daemon has left; nil if there is none.
    private static var journal: String? {
        guard let path = try? DaemonHistory.events(), LogFile.exists(path) else { return nil }
        return path
    }

    /// Prints the events of a journal, and later OOM kills; returns false once enough are printed.
    private func showLeft(
        _ journal: String, _ host: inout HostEvents, _ printer: inout EventPrinter
    ) throws -> Bool {
        let (isWanted, newest) = try KeptEvents.read(journal, &printer)
        guard isWanted else { return false }
        return try printer.take(host.pastKills().filter { $0.time.wall > newest })
    }

    /// Names the events that ``follow(_:_:)`` prints without a daemon.
    static func followed(hasPast: Bool, hasJournal: Bool, hasLog: Bool) -> String {
        var past: [String] = []
        if hasPast, hasJournal { past.append("the events stored on disk") }
        if hasPast, hasLog {
            past.append((hasJournal ? "later" : "past") + " OOM kills in the kernel log")
        }
        guard !past.isEmpty else { return "the events from now on" }
        return past.joined(separator: ", ") + ", and then new events"
    }

    /// Prints the events since the selection's start, if it has one, and then all new events.
    func follow(_ printer: inout EventPrinter, _ reason: String?) async throws {
        let hasPast = printer.selection.since != nil
        let journal = hasPast && reason != nil ? Self.journal : nil
        var configuration = SamplerConfiguration()
        configuration.costlyMultiple = 1
        let observation = try Observation(
            system, metrics: HostEvents.metrics, configuration: configuration)
        let sampler = observation.sampler
        var host = HostEvents(
            system, interval: UInt64(interval.seconds * 1e9), from: hasPast ? .oldest : .next,
            ownCauses: StateDirectory.ownCauses)
        if let reason {
            let events = Self.followed(
                hasPast: hasPast, hasJournal: journal != nil, hasLog: host.logRefusal == nil)
            StandardOutput.complain("cgwarden: \(reason); showing \(events)")
        }
        if let refusal = host.logRefusal {
            StandardOutput.complain(
                "cgwarden: \(refusal); OOM kills are reported, but the killed process is not; run "
                    + "as root or with CAP_SYSLOG")
        }
        if let refusal = host.writeRefusal {
            StandardOutput.complain(
                "cgwarden: \(refusal); changes of limits are reported, but the writer is not; run "
                    + "as root or with CAP_SYS_ADMIN")
        }
        if hasPast {
            let isWanted =
                if let journal {
                    try showLeft(journal, &host, &printer)
                } else {
                    try printer.take(host.pastKills())
                }
            guard isWanted else { return }
        }
        var fold = EventFold()
        var cadence = Cadence()
        while true {
            let total = host.totalKills()
            var events = host.readLog()
            let snapshot = await sampler.sample()
            events += host.take(snapshot, total: total)
            guard try take(events, &printer, &fold) else { return }
            if let until = printer.selection.until, snapshot.wallTime > until { return }
            _ = cadence.advance(by: interval.duration)
            while let milliseconds = Self.milliseconds(until: cadence.next) {
                let descriptors = [host.logDescriptor, host.writeDescriptor].compactMap { $0 }
                Readiness.wait(
                    for: descriptors + sampler.notices, milliseconds: milliseconds)
                guard Self.milliseconds(until: cadence.next) != nil else { break }
                let born = await sampler.newborns()
                events = host.take(newborns: born) + host.readLog() + host.readWrites()
                guard try take(events, &printer, &fold) else { return }
                // New cgroups come in bursts; reading them together costs less.
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    /// Prints the selected events; returns false once the maximum number is reached.
    private func take(
        _ events: [Event], _ printer: inout EventPrinter, _ fold: inout EventFold
    ) throws -> Bool {
        // Events that are not selected do not count toward a storm.
        let wanted = events.filter(printer.selection.contains)
        return try printer.take(fold.take(wanted, now: MonotonicClock.bootNanoseconds))
    }

    /// Returns the time until an instant, rounded up; nil if it has passed.
    private static func milliseconds(until instant: ContinuousClock.Instant) -> Int32? {
        let left = ContinuousClock.now.duration(to: instant)
        guard left > .zero else { return nil }
        return Int32(min(left / .milliseconds(1), 60_000).rounded(.up))
    }
}
