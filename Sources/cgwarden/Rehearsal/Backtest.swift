import ArgumentParser
import CgroupModel
import History
import KernelIO
import Policy

/// A policy tried over a recording: it decides as it would have, and the recorded past stays as it
/// was whatever it decides.
///
/// Only the recording and the policy's files are looked at, so that the same ones give the same
/// lines anywhere.
struct Backtest {
    private let files: [PolicyFile]
    /// The time between two ticks; nil for the policy's own.
    private let interval: Duration?

    init(_ files: [PolicyFile], interval: Duration?) {
        self.files = files
        self.interval = interval
    }

    /// Goes over a recording from its beginning to its end; a new run of the recorder begins anew,
    /// as the daemon did then.
    ///
    /// - Parameters:
    ///   - isQuiet: Whether warnings about the policy are not told.
    ///   - lines: Takes the audit log's records as they come.
    func run(
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
                "the recording does not tell how its machine mounted the hierarchies, for an older "
                    + "cgwarden made it; record anew", .data)
        }
        let load = PolicyLoader(host: machine.hostFacts(snapshot.host), mode: machine.mode)
            .load(files)
        var document = try load.required(isQuiet: isQuiet)
        document.defaults.isDryRun = true
        if let interval { document.defaults.interval = interval }
        return Run(origin, machine, document)
    }
}

/// One run of the recorder.
private struct Run {
    let origin: RecordingOrigin
    var engine: PolicyEngine
    /// Of the last snapshot, in nanoseconds.
    var time: UInt64 = 0
    private let topology: CPUTopology?
    private let actuator = SimulatedActuator()
    private var answers: [EffectResult] = []

    init(_ origin: RecordingOrigin, _ machine: RecordedMachine, _ document: PolicyDocument) {
        self.origin = origin
        topology = document.pools.isEmpty ? nil : machine.topology
        engine = PolicyEngine(
            document: document, facts: machine.facts, vocabulary: PolicyVocabulary.metric(named:),
            sources: PolicyLayers.all(document, mode: machine.mode) { machine.legacy.contains($0) })
    }

    mutating func take(_ snapshot: Snapshot) -> [AuditRecord] {
        time = snapshot.tierTimes[0].now
        let output = engine.tick(PolicyInput(of: snapshot, topology: topology, results: answers))
        answers = actuator.results(of: output.effects)
        return output.audit
    }
}

extension PolicyLoad {
    /// The policy; all findings go to standard error, and files that are refused end the program
    /// with status 2.
    func required(isQuiet: Bool = false) throws -> PolicyDocument {
        if !isQuiet || isRefused {
            for finding in findings { StandardOutput.complain("\(finding)") }
        }
        guard let document else { throw ExitCode(2) }
        return document
    }
}
