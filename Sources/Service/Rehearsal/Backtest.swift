internal import CgroupModel
internal import Enforcement
internal import Events
package import History
internal import KernelIO
package import Policy
package import PolicyLanguage
package import Reports
internal import Suggest

/// A run of a policy over a recording: the policy decides as it would have at the time, but its
/// actions do not change the recording.
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

    /// Replays a recording or a history from start to end.
    ///
    /// A new run of the recorder restarts the policy, as the daemon restarted then.
    ///
    /// - Parameters:
    ///   - isQuiet: Whether to suppress warnings about the policy.
    ///   - lines: Called with the audit records of each snapshot.
    package func run(
        over past: Past, isQuiet: Bool = false,
        lines: ([AuditRecord]) throws -> Void = { _ in }
    ) throws -> BacktestTally {
        var past = past
        var tally = BacktestTally()
        var trial = LimitTrial()
        var current: Run?
        func end() throws {
            guard var run = current else { return }
            let last = run.engine.stop().audit
            tally.take(last, at: run.time)
            try lines(last)
            tally.endRun(run.engine.metrics, at: run.time)
        }
        guard let span = past.span else { return tally }
        try past.frames(span) { frame in
            let (snapshot, origin) = (frame.snapshot, frame.origin)
            if current?.origin.runStart != origin.runStart
                || current?.origin.bootID != origin.bootID
            {
                try end()
                let isFirst = current == nil
                current = try begin(origin, snapshot, isQuiet: isQuiet || !isFirst)
                if let run = current { tally.beginRun(run.engine.policy) }
            }
            let records = current?.take(snapshot) ?? []
            current?.addLimits(of: snapshot, to: &trial)
            trial.take(
                snapshot, peaks: trial.isEmpty ? nil : frame.thinnedPeaks, of: RecordedRun(origin))
            tally.note(snapshot)
            tally.take(records, at: current?.time ?? 0)
            try lines(records)
            return true
        }
        try end()
        tally.trial = trial
        for note in past.notes where !isQuiet { StandardOutput.complain("cgwarden: \(note)") }
        return tally
    }

    private func begin(
        _ origin: RecordingOrigin, _ snapshot: Snapshot, isQuiet: Bool
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
    private let facts: PathFacts
    private let hasTriggers: Bool
    private let actuator = SimulatedActuator()
    private var answers: [EffectResult] = []
    private var recorded = RecordedEvents()
    /// The events that the last snapshot showed, which a daemon's policy gets a tick later.
    private var events: [PolicyEvent] = []
    /// The cgroups whose standing limits are known.
    private var cgroups: [CgroupEntry] = []

    init(_ origin: RecordingOrigin, _ machine: RecordedMachine, _ document: PolicyDocument) {
        self.origin = origin
        facts = machine.facts
        hasTriggers = document.rules.contains { $0.event != nil }
        topology = document.pools.isEmpty ? nil : machine.topology
        engine = PolicyEngine(
            document: document, facts: machine.facts, vocabulary: PolicyVocabulary.metric(named:),
            sources: PolicyLayers.all(document, mode: machine.mode) { machine.legacy.contains($0) })
    }

    mutating func take(_ snapshot: Snapshot) -> [AuditRecord] {
        // A crafted recording may go back.
        time = max(time, snapshot.tierTimes[0].now)
        let output = engine.tick(
            PolicyInput(of: snapshot, topology: topology, results: answers, events: events))
        if hasTriggers { events = recorded.take(snapshot).compactMap { PolicyEvent($0) } }
        answers = actuator.results(of: output.effects)
        return output.audit
    }

    /// Adds the values that standing limits request for new cgroups.
    ///
    /// Values that apply only at times or under a condition are not tried: they would be compared
    /// with demand from other times.
    mutating func addLimits(of snapshot: Snapshot, to trial: inout LimitTrial) {
        guard snapshot.cgroups != cgroups else { return }
        cgroups = snapshot.cgroups
        for entry in cgroups {
            for value in engine.layers(of: entry.id) {
                guard let request = value.requests.first(where: { isUnconditional($0.origin) }),
                    value.winner == request.origin, let number = request.value.number,
                    let limit = sized(value.key)
                else { continue }
                trial.add(limit, number, to: entry.path)
            }
        }
    }

    private func isUnconditional(_ origin: Effect.Origin) -> Bool {
        guard case .limits(_, let index) = origin else { return false }
        let limits = engine.policy.limits
        return limits.indices.contains(index) && limits[index].when == nil
            && limits[index].during == nil
    }

    /// The limit of a key; nil if its disk is unknown.
    private func sized(_ key: LimitKey) -> SizedLimit? {
        guard let instance = key.instance else { return SizedLimit(key.name) }
        let disk = InstanceKey(device: instance) ?? facts.device(named: instance)
        return disk.map { SizedLimit(key.name, disk: $0) }
    }
}
