internal import CgroupModel
internal import Events
package import History
internal import KernelIO
package import Policy
package import PolicyLanguage
package import Reports

/// A run of a policy over a recording: it decides as it would have, but the recorded past does not
/// change.
///
/// It reads only the recording and the policy files, so the same input gives the same lines on any
/// host.
package struct Backtest {
    private let files: [PolicyFile]
    /// The interval between ticks; nil for the policy's own.
    private let interval: Duration?

    /// Prepares a back-test of policy files.
    package init(_ files: [PolicyFile], interval: Duration?) {
        self.files = files
        self.interval = interval
    }

    /// Replays a recording from start to end.
    ///
    /// A new run of the recorder restarts the policy, as the daemon restarted then.
    ///
    /// - Parameters:
    ///   - isQuiet: Whether to suppress warnings about the policy.
    ///   - lines: Called with the audit records of each snapshot.
    package func run(
        over recording: Recording, isQuiet: Bool = false,
        lines: ([AuditRecord]) throws -> Void = { _ in }
    ) throws -> BacktestTally {
        var cursor = RecordingCursor(recording)
        var tally = BacktestTally()
        var current: Run?
        func end() throws {
            guard var run = current else { return }
            let last = run.engine.stop().audit
            tally.take(last, at: run.time)
            try lines(last)
            tally.endRun(run.engine.metrics, at: run.time)
        }
        while let snapshot = try cursor.next() {
            let origin = recording.origin(cursor.position - 1)
            if current?.origin.runStart != origin.runStart
                || current?.origin.bootID != origin.bootID
            {
                try end()
                let isFirst = current == nil
                current = try begin(
                    origin, snapshot, of: recording, isQuiet: isQuiet || !isFirst)
                if let run = current { tally.beginRun(run.engine.policy) }
            }
            let records = current?.take(snapshot) ?? []
            tally.note(snapshot)
            tally.take(records, at: snapshot.tierTimes[0].now)
            try lines(records)
        }
        try end()
        for note in cursor.notes where !isQuiet { StandardOutput.complain("cgwarden: \(note)") }
        return tally
    }

    private func begin(
        _ origin: RecordingOrigin, _ snapshot: Snapshot, of recording: Recording, isQuiet: Bool
    ) throws -> Run {
        guard let machine = origin.machine else {
            throw CgwardenError(
                "the recording lacks the mounts of the hierarchies, because an older "
                    + "cgwarden wrote it; record again", .data)
        }
        let load = PolicyLoader(host: machine.hostFacts(snapshot.host), mode: machine.mode)
            .load(files)
        var document = try load.required(isQuiet: isQuiet)
        document.defaults.isDryRun = true
        if let interval { document.defaults.interval = interval }
        return Run(origin, machine, document)
    }
}

/// The state of the policy during one run of the recorder.
private struct Run {
    let origin: RecordingOrigin
    var engine: PolicyEngine
    /// The time of the last snapshot, in nanoseconds.
    var time: UInt64 = 0
    private let topology: CPUTopology?
    private let hasTriggers: Bool
    private let actuator = SimulatedActuator()
    private var answers: [EffectResult] = []
    private var recorded = RecordedEvents()
    /// The events that the last snapshot showed, which a daemon's policy gets a tick later.
    private var events: [PolicyEvent] = []

    init(_ origin: RecordingOrigin, _ machine: RecordedMachine, _ document: PolicyDocument) {
        self.origin = origin
        hasTriggers = document.rules.contains { $0.event != nil }
        topology = document.pools.isEmpty ? nil : machine.topology
        engine = PolicyEngine(
            document: document, facts: machine.facts, vocabulary: PolicyVocabulary.metric(named:),
            sources: PolicyLayers.all(document, mode: machine.mode) { machine.legacy.contains($0) })
    }

    mutating func take(_ snapshot: Snapshot) -> [AuditRecord] {
        time = snapshot.tierTimes[0].now
        let output = engine.tick(
            PolicyInput(of: snapshot, topology: topology, results: answers, events: events))
        if hasTriggers { events = recorded.take(snapshot).compactMap { PolicyEvent($0) } }
        answers = actuator.results(of: output.effects)
        return output.audit
    }
}
