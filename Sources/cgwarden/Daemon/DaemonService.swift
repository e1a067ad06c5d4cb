import CgroupModel
import Enforcement
import Hierarchy
import History
import KernelIO
import Logging
import Policy
import ServiceLifecycle
import UnixSignals

#if Exporter
import Exporter
import Webhook
#endif

/// The parts of the daemon at work, until it is told to stop.
struct DaemonService: Service {
    private let settings: DaemonConfiguration
    private let source: PolicySource
    private let machine: Machine
    private let ticking: TickService
    private let warden: Warden
    private let trail: AuditTrail
    private let numbers: WardenNumbers
    private let guardian: GuardianLink?
    private let logger: Logger
    /// Whoever asks the daemon to end.
    private let endings: AsyncStream<Void>
    private let ending: AsyncStream<Void>.Continuation

    init(
        _ settings: DaemonConfiguration, _ policy: PolicyDocument, _ source: PolicySource,
        _ machine: Machine, _ options: SystemOptions, ticks: Int?, logger: Logger
    ) throws {
        self.settings = settings
        self.source = source
        self.machine = machine
        self.logger = logger
        (endings, ending) = AsyncStream.makeStream(of: Void.self)
        numbers = WardenNumbers()
        let journal = JournalSink()
        trail = AuditTrail(
            settings.audit.file.isEmpty
                ? nil
                : AuditLog(
                    path: settings.audit.file,
                    rotation: AuditLog.Rotation(
                        mostBytes: Int(clamping: settings.audit.largestFile),
                        kept: settings.audit.kept),
                    copy: settings.audit.usesJournald ? JournalSink { _ in } : nil))
        let notices = NoticeRouter(journal: journal, sinks: Self.webhooks(policy, logger))
        let isDry = policy.defaults.isDryRun
        guardian =
            isDry
            ? nil
            : try GuardianLink(
                journal: machine.journal, restoresOnExit: policy.defaults.restoresOnExit)
        warden = try Warden(
            policy, on: machine, trail: trail, notices: notices,
            hooks: HookRunner(set: machine.set), guardian: guardian, published: numbers)
        let observation = try Observation(
            options, metrics: ReadPlan.metrics(upTo: .settings))
        let recorder: Recorder? =
            settings.history.recording.isEmpty
            ? nil
            : try Recorder(
                settings.history.recording,
                RecordingBounds(bytes: settings.history.largestRecording, age: nil),
                RecordingOrigin(options.system))
        ticking = TickService(
            sampler: observation.sampler,
            ring: HistoryRing(byteBudget: Int(clamping: settings.history.memory)), warden: warden,
            recorder: recorder, numbers: numbers, interval: policy.defaults.interval, most: ticks,
            logger: logger)
    }

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await work() }
        } catch is CancellationError {
            // It was told to stop.
        }
        ServiceNotification.stopping()
        let isClean = await warden.stop()
        guardian?.end()
        trail.finish()
        if !isClean {
            logger.warning("not everything could be put back; `cgwarden restore` tries again")
        }
    }

    private static func webhooks(
        _ policy: PolicyDocument, _ logger: Logger
    ) -> [String: any NoticeSink] {
        var sinks: [String: any NoticeSink] = [:]
        #if Exporter
        for sink in policy.sinks {
            guard case .webhook(let text, let tokenFile, let timeout) = sink.kind,
                let url = WebhookURL(text)
            else { continue }
            sinks[sink.name] = WebhookSink(url, tokenFile: tokenFile, timeout: timeout) {
                logger.warning("\(sink.name): \($0)")
            }
        }
        #endif
        return sinks
    }

    #if Exporter
    /// Serves the samples of the ticks; nil if it is to serve nothing.
    private func server() throws -> MetricsServer? {
        guard !settings.listenAddress.isEmpty else { return nil }
        let devices = BlockDevices(machine.set.system)
        var configuration = MetricsServer.Configuration(
            address: try ListenAddress(argument: settings.listenAddress),
            version: Cgwarden.version)
        configuration.deviceName = { devices.name($0) }
        configuration.processSample = { OwnProcess.sample() }
        configuration.programFamilies = { [numbers] in PolicyFamilies(numbers.current).all }
        return MetricsServer(
            configuration, source: RingSource(ring: ticking.ring), logger: logger)
    }
    #endif

    /// Ends when the ticks do, or when any part fails.
    private func work() async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await ticking.run()
                return true
            }
            group.addTask {
                try await control.run()
                return false
            }
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sighup) { await reload() }
                return false
            }
            #if Exporter
            if let server = try server() {
                group.addTask {
                    try await server.run { address in
                        logger.info("serving http://\(address)/metrics")
                    }
                    return false
                }
            }
            #endif
            group.addTask {
                for await _ in endings { break }
                // The answer goes out first.
                try await Task.sleep(for: .milliseconds(300))
                return true
            }
            ServiceNotification.ready()
            while let isOver = try await group.next(), !isOver {}
            group.cancelAll()
        }
    }

    private func reload() async {
        ServiceNotification.reloading()
        trail.reopen()
        do {
            let policy = try source.load { logger.warning("\($0)") }
            await warden.reload(policy)
            logger.info("the policy was read anew")
        } catch {
            let text = CgwardenError(error)?.message ?? "\(error)"
            logger.error("the policy stays as it was: \(text)")
        }
        ServiceNotification.ready()
    }

    private var control: ControlServer {
        ControlServer(machine.stateDirectory) { [self] words in try await answer(words) }
    }

    private func answer(_ words: [String]) async throws -> String {
        switch (words.first ?? "", words.count) {
        case ("status", 1):
            return StatusReport(numbers.current, trail, await warden.policy).text
        case ("explain", 2):
            return ExplanationReport(await warden.layers(of: CgroupPath(words[1]))).text(
                of: CgroupPath(words[1]))
        case ("reload", 1):
            await reload()
            return ""
        case ("panic", 1):
            let isClean = await warden.stop()
            ending.yield()
            return isClean
                ? "all was put back; the daemon ends\n"
                : "not everything could be put back; the daemon ends; see `cgwarden restore`\n"
        default:
            throw CgwardenError(
                "the daemon does not know \"\(words.joined(separator: " "))\"", .usage)
        }
    }
}

#if Exporter
/// Serves what was sampled last.
private struct RingSource: MetricsSource {
    let ring: HistoryRing

    func snapshot() async throws -> Snapshot? { ring.latest }
}
#endif
