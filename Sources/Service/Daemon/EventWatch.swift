import CgroupModel
import Events
import Hierarchy
import KernelIO
import Logging
import PolicyLanguage
import Reports
import Synchronization

/// Finds events in the daemon's samples and in the kernel log, counts them, and keeps the newest.
///
/// Runs on a thread of its own, so that it does not delay ticks. If it falls behind, it skips
/// samples; changes between the samples that it sees are still found.
actor EventWatch {
    /// The numbers for other threads.
    private struct Published {
        var counts: [EventKind: UInt64] = [:]
        var journalFailure: String?
        /// The tombstones up to the newest sample.
        var graveyard = Graveyard()
    }

    private let executor = ThreadExecutor(name: "events")
    private var host: HostEvents
    private var fold = EventFold()
    private var journal: EventJournal
    private let logger: Logger
    private let published = Mutex(Published())
    private let inbox: EventInbox
    private let onFound: @Sendable ([Event]) -> Void
    /// The newest events.
    nonisolated let store: EventStore
    /// The file on disk; nil for none.
    nonisolated let journalPath: String?
    /// Why the kernel log is not read; nil if it is.
    nonisolated let logRefusal: IOError?
    /// Why writes to limit files are not watched; nil if they are.
    nonisolated let writeRefusal: IOError?

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    /// Opens the kernel log and, if there is one, the journal, and restores its newest events.
    ///
    /// `ownCauses` recognizes this program's own changes. `onFound` receives all events, before
    /// storms are folded.
    init(
        _ system: SystemRoot, _ inbox: EventInbox, journal path: String?, _ bounds: PartBounds,
        logger: Logger, ownCauses: @escaping OwnCauses,
        onFound: @escaping @Sendable ([Event]) -> Void
    ) {
        self.inbox = inbox
        self.logger = logger
        self.onFound = onFound
        journalPath = path
        let store = EventStore()
        self.store = store
        if let path {
            do {
                try EventJournal.read(path, note: { logger.warning("\($0)") }) {
                    store.restore($0)
                }
            } catch let error as IOError where error.isMissing {
                // The first start.
            } catch {
                logger.warning("the events of earlier daemons cannot be read: \(error)")
            }
        }
        journal = EventJournal(path, bounds)
        let host = HostEvents(system, ownCauses: ownCauses)
        logRefusal = host.logRefusal
        writeRefusal = host.writeRefusal
        self.host = host
    }

    /// The events so far, by kind.
    nonisolated var counts: [EventKind: UInt64] { published.withLock { $0.counts } }

    /// Why the journal is not written now; nil if it is.
    nonisolated var journalFailure: String? { published.withLock { $0.journalFailure } }

    /// Watches until the task is canceled.
    func run() async {
        checkJournal()
        await withTaskCancellationHandler {
            watch()
        } onCancel: {
            inbox.wake()
        }
    }

    private func watch() {
        var list = PollList()
        while !Task.isCancelled {
            list.removeAll()
            list.add(inbox.descriptor)
            if let number = host.logDescriptor { list.add(number) }
            if let number = host.writeDescriptor { list.add(number) }
            let triggers = list.count
            host.addTriggers(to: &list)
            // Only folded events wait for a time to pass.
            list.wait(milliseconds: fold.isHolding ? 250 : nil)
            host.notePressure(list, from: triggers)
            // The kernel logs a kill in many records; reading them together costs less.
            if list.hasNews(1..<triggers) { Pause.sleep(.milliseconds(5)) }
            look()
        }
    }

    /// Records the events that are still waiting, such as the policy's last actions.
    func finish() {
        look()
        keep(fold.flush())
    }

    /// The stored tombstones of matching cgroups, and the remainders of matching parents.
    ///
    /// The caller does not wait for this thread, which never leaves ``run()``.
    nonisolated func dead(_ pattern: PathPattern?) -> DeadListing {
        let graveyard = published.withLock { $0.graveyard }
        let isMeant = { (path: CgroupPath) in pattern?.matches(path) ?? true }
        return DeadListing(
            graveyard.all.filter { isMeant($0.cgroup.path) },
            graveyard.unattributed.filter { isMeant($0.parent.path) })
    }

    private func look() {
        let news = inbox.take()
        // In this order; see ``HostEvents/totalKills()``.
        let total = news.snapshot == nil ? nil : host.totalKills()
        var events = host.readLog()
        if let snapshot = news.snapshot {
            // This reads the reports of pressure and writes, too.
            events += host.take(snapshot, total: total)
            let graveyard = host.graveyard
            published.withLock { $0.graveyard = graveyard }
        } else {
            events += host.readPressure() + host.readWrites()
        }
        events += news.events
        onFound(events)
        count(events, and: news.dropped)
        keep(fold.take(events, now: MonotonicClock.bootNanoseconds))
    }

    private func keep(_ events: [Event]) {
        let records = store.append(events)
        guard !records.isEmpty else { return }
        let lost = journal.append(records, at: MonotonicClock.wallMicroseconds)
        checkJournal()
        guard let lost else { return }
        logger.notice("events are kept on disk again; \(lost) are missing there")
        guard lost > 0 else { return }
        let details: [EventField: EventValue] = [
            .cause: .text("journal failure"), .count: .number(lost),
        ]
        let gap = Event(.gap, .now, nil, details)
        count([gap], and: [:])
        keep([gap])
    }

    /// Reports a failure of the journal once, until events are kept again.
    private func checkJournal() {
        let failure = journal.failure
        let isNews = failure != nil && journalFailure == nil
        published.withLock { $0.journalFailure = failure }
        if isNews, let failure {
            logger.error("events are now kept in memory only: \(failure)")
        }
    }

    private func count(_ events: [Event], and dropped: [EventKind: UInt64]) {
        guard !events.isEmpty || !dropped.isEmpty else { return }
        published.withLock { published in
            for event in events { published.counts[event.kind, default: 0] += max(event.folded, 1) }
            published.counts.merge(dropped, uniquingKeysWith: +)
        }
    }
}

#if Exporter
import Exporter

extension EventWatch {
    /// The counts, for Prometheus.
    nonisolated var family: ProgramFamily {
        let counts = counts
        return .counter(
            "cgwarden_events_total", "Events since the daemon began, by kind.",
            EventKind.allCases.map { kind in
                ProgramFamily.Sample(counts[kind] ?? 0, labels: [("kind", kind.rawValue)])
            })
    }
}
#endif
