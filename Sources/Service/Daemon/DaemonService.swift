import Actuation
import CgroupModel
import Enforcement
import Events
import Hierarchy
import History
import KernelIO
import Logging
import PolicyLanguage
import Reports
import ServiceLifecycle
import UnixSignals

#if Exporter
import Exporter
import Webhook
#endif

/// The running parts of the daemon.
struct DaemonService: Service {
    private let source: PolicySource
    private let machine: Machine
    private let ticking: TickService
    private let warden: Warden
    private let trail: AuditTrail
    private let numbers: WardenNumbers
    private let guardian: GuardianLink?
    private let notices: NoticeRouter
    private let events: EventWatch
    private let history: HistoryWriter?
    private let logger: Logger
    #if Exporter
    /// The HTTP server; nil if serving is disabled.
    private let server: MetricsServer?
    #endif
    private let claim: StateClaim
    private static let incomplete =
        "not everything could be restored; `cgwarden restore` tries again"
    /// The time at exit for sending notices that are still queued.
    private static let patienceWithNotices = Duration.seconds(5)
    /// The time at exit for writing samples that are still queued.
    private static let patienceWithHistory = Duration.seconds(5)
    /// Requests to end the daemon.
    private let endings: AsyncStream<Void>
    private let version: String
    /// The numbers of rules and standing limits at the start, for the log.
    private let policyFacts: Logger.Metadata
    private let ending: AsyncStream<Void>.Continuation

    init(
        _ settings: DaemonConfiguration, _ policy: PolicyDocument, _ source: PolicySource,
        _ machine: Machine, cgroupRootArguments: [String], version: String, claim: StateClaim,
        inheritance: Inheritance?, expirations: Expirations?, ticks: Int?, logger: Logger
    ) throws {
        self.source = source
        self.machine = machine
        self.logger = logger
        self.version = version
        policyFacts = [
            "rules": "\(policy.rules.count)", "limits": "\(policy.limits.count)",
            "dry_run": "\(policy.defaults.isDryRun)",
        ]
        self.claim = claim
        (endings, ending) = AsyncStream.makeStream(of: Void.self)
        numbers = WardenNumbers()
        numbers.noteReload(isDone: true, at: MonotonicClock.wallMicroseconds)
        let log = try Self.auditLog(settings.audit)
        let inbox = try EventInbox()
        trail = AuditTrail(log, inbox, logger)
        trail.actions.expect(policy)
        notices = NoticeRouter(
            journal: JournalSink { Self.log($0, to: logger) },
            sinks: Self.webhooks(policy, logger))
        let observation = try Observation(
            machine.set.system,
            metrics: ReadPlan.metrics(upTo: .settings) + settings.metrics.metrics)
        let recorder: Recorder? =
            settings.history.recording.isEmpty
            ? nil
            : try Recorder(
                settings.history.recording,
                PartBounds(bytes: settings.history.largestRecording, age: nil),
                RecordingOrigin(machine.set.system))
        let triggers = TriggerInbox()
        #if Exporter
        let ledger = ExportLedger(countsKillsOf: .events)
        let onFound = { @Sendable (events: [Event]) in
            ledger.enter(events)
            triggers.put(events)
        }
        #else
        let onFound = { @Sendable (events: [Event]) in triggers.put(events) }
        #endif
        let events = EventWatch(
            machine.set.system, inbox, journal: settings.events.path(in: machine.stateDirectory),
            PartBounds(
                bytes: settings.events.largestJournal,
                age: settings.events.longest / .seconds(1)),
            logger: logger,
            ownCauses: UndoJournal(directory: machine.stateDirectory).ownCauses, onFound: onFound)
        self.events = events
        if let refusal = events.logRefusal {
            logger.warning(
                "\(refusal); OOM kills are counted, but the killed process is not reported")
        }
        if let refusal = events.writeRefusal {
            logger.warning(
                "\(refusal); changes of limits are counted, but the writer is not reported")
        }
        let history = Self.history(
            settings.history, machine, isLive: cgroupRootArguments.isEmpty, logger)
        self.history = history
        #if Exporter
        server = try Self.server(
            settings, machine, version, ledger, numbers, trail.actions, events, history, logger)
        let onSample = { @Sendable (snapshot: Snapshot) in
            ledger.enter(snapshot)
            inbox.put(snapshot)
            history?.append(snapshot)
        }
        #else
        let onSample = { @Sendable (snapshot: Snapshot) in
            inbox.put(snapshot)
            history?.append(snapshot)
        }
        #endif
        // Created last of the parts that can fail, because it would treat the exit of this process
        // as a crash.
        let isDry = policy.defaults.isDryRun
        guardian =
            isDry
            ? nil
            : try GuardianLink(
                arguments: ["cgwarden", "guardian"] + cgroupRootArguments,
                journal: machine.journal, restoresOnExit: policy.defaults.restoresOnExit)
        warden = Warden(
            policy, on: machine, trail: trail, notices: notices,
            hooks: HookRunner(set: machine.set), guardian: guardian,
            inheritance: inheritance, expirations: expirations, triggers: triggers,
            published: numbers)
        ticking = TickService(
            sampler: observation.sampler, warden: warden, recorder: recorder,
            numbers: numbers, most: ticks, logger: logger, onSample: onSample)
    }

    func run() async throws {
        var failure: (any Error)?
        do {
            try await cancelWhenGracefulShutdown { try await work() }
        } catch is CancellationError {
            // The service was asked to stop.
        } catch {
            failure = error
        }
        ServiceNotification.stopping()
        let isClean = await warden.stop()
        // If values are left, the guardian restores them once this process exits.
        if isClean { guardian?.end() }
        trail.finish()
        await events.finish()
        if history?.finish(within: Self.patienceWithHistory) == false {
            logger.warning("the last samples may be missing from the history: the disk is too slow")
        }
        if !notices.waitUntilSent(within: Self.patienceWithNotices) {
            logger.warning("notices that could not be sent in time were lost")
        }
        if let failure {
            if !isClean { logger.warning("\(Self.incomplete)") }
            throw failure
        }
        if !isClean { throw CgwardenError(Self.incomplete, .temporaryFailure) }
    }

    /// Runs all parts until the ticks end, a command asks the daemon to end, or a part fails.
    private func work() async throws {
        let requests = DaemonRequests(
            machine: machine, warden: warden, trail: trail, numbers: numbers, events: events,
            history: history, reload: reload, end: { [ending] in ending.yield() })
        let control = try ControlServer(machine.stateDirectory, answer: requests.answer)
        let reloads = await UnixSignalsSequence(trapping: .sighup)
        let (listening, heard) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            #if Exporter
            if let server {
                group.addTask {
                    try await server.run { _ in heard.yield() }
                    return false
                }
            } else {
                heard.yield()
            }
            #else
            heard.yield()
            #endif
            group.addTask {
                // Do not change anything before the server listens.
                for await _ in listening { break }
                try Task.checkCancellation()
                var facts = policyFacts
                facts["version"] = "\(version)"
                facts["revision"] = "\(BuildFacts.revision)"
                facts["swift"] = "\(BuildFacts.swiftVersion)"
                logger.info("started", metadata: facts)
                if guardian != nil, machine.set.system.isLive {
                    for other in OtherDaemon.all(besides: machine.stateDirectory) {
                        logger.warning("\(other)")
                    }
                }
                ServiceNotification.ready()
                try await ticking.run()
                return true
            }
            group.addTask {
                await control.run()
                return false
            }
            group.addTask {
                await BirthWatch(ticking.sampler, warden).run()
                return false
            }
            group.addTask {
                await events.run()
                return false
            }
            group.addTask {
                for await _ in reloads { await reload() }
                return false
            }
            group.addTask {
                for await _ in endings { break }
                // Leave time to send the reply.
                try await Task.sleep(for: .milliseconds(300))
                return true
            }
            while let isOver = try await group.next(), !isOver {}
            group.cancelAll()
        }
    }

    private func reload() async {
        ServiceNotification.reloading()
        trail.reopen()
        do {
            let policy = try source.load { logger.note($0) }
            try await warden.reload(policy)
            trail.actions.expect(policy)
            notices.adopt(Self.webhooks(policy, logger))
            numbers.noteReload(isDone: true, at: MonotonicClock.wallMicroseconds)
            logger.info("policy reloaded")
        } catch {
            numbers.noteReload(isDone: false, at: MonotonicClock.wallMicroseconds)
            let text = CgwardenError(error)?.message ?? "\(error)"
            logger.error("policy not reloaded: \(text)")
        }
        ServiceNotification.ready()
    }
}
