import Actuation
import CgroupModel
import Enforcement
import Hierarchy
import History
import KernelIO
import Logging
import PolicyLanguage
import Reports

#if Exporter
import Exporter
import WebClient
import Webhook
#endif

/// Factories for the parts of the daemon.
extension DaemonService {
    static func auditLog(_ settings: DaemonConfiguration.Audit) throws -> AuditLog? {
        guard !settings.file.isEmpty else { return nil }
        let log = AuditLog(
            path: settings.file,
            rotation: AuditLog.Rotation(
                mostBytes: Int(clamping: settings.largestFile), kept: settings.kept),
            copy: settings.usesJournald ? JournalSink { _ in } : nil)
        log.prepare()
        if let failure = log.failure {
            throw CgwardenError(
                "cannot write the audit log: \(failure); choose another --audit, or - for none",
                .noPermission)
        }
        return log
    }

    /// Creates the writer of the history; nil if none is kept.
    ///
    /// `isLive` is false for a captured tree.
    static func history(
        _ settings: HistorySettings, _ machine: Machine, isLive: Bool, _ logger: Logger
    ) -> HistoryWriter? {
        let isHostDaemon =
            isLive && EffectiveUser.isRoot && machine.stateDirectory == StateDirectory.system
        guard let directory = settings.path(isHostDaemon: isHostDaemon) else { return nil }
        let store = HistoryStore(
            directory, settings, RecordingOrigin(machine.set.system),
            onChange: {
                if let failure = $0 {
                    logger.error("history is not kept, and is tried again: \(failure)")
                } else {
                    logger.info("history is kept again")
                }
            })
        return HistoryWriter(store)
    }

    /// Logs a notice in the form of the daemon's other messages.
    static func log(_ notice: Notice, to logger: Logger) {
        let about = notice.about.map { ($0.name, Logger.MetadataValue.string($0.value)) }
        logger.log(
            level: Logger.Level(rawValue: notice.level.rawValue) ?? .notice, "\(notice.text)",
            metadata: Dictionary(about, uniquingKeysWith: { first, _ in first }))
    }

    static func webhooks(
        _ policy: PolicyDocument, _ logger: Logger
    ) -> [String: any NoticeSink] {
        var sinks: [String: any NoticeSink] = [:]
        #if Exporter
        for sink in policy.sinks {
            guard case .webhook(let text, let tokenFile, let timeout) = sink.kind,
                let url = WebURL(text)
            else { continue }
            sinks[sink.name] = WebhookSink(url, tokenFile: tokenFile, timeout: timeout) {
                logger.warning("\(sink.name): \($0)")
            }
        }
        #endif
        return sinks
    }

    #if Exporter
    /// Creates the server of the ticks' samples; nil if serving is disabled.
    static func server(
        _ settings: DaemonConfiguration, _ machine: Machine, _ version: String,
        _ ledger: ExportLedger, _ numbers: WardenNumbers, _ actions: ActionTally,
        _ events: EventWatch, _ history: HistoryWriter?, _ logger: Logger
    ) throws -> MetricsServer? {
        guard settings.web.isServing else { return nil }
        var configuration = try MetricsServer.Configuration(
            settings.web, of: machine.set, machine.identities, version: version)
        configuration.selection = settings.metrics
        configuration.programFamilies = {
            PolicyFamilies(numbers.current, actions).all + ledger.families + [events.family]
                + (history?.current.families ?? [])
        }
        configuration.events = events.store
        if let directory = history?.current.directory {
            configuration.past = { try Past.ifPresent(directory) }
        }
        return MetricsServer(configuration, source: ledger, logger: logger)
    }
    #endif
}
