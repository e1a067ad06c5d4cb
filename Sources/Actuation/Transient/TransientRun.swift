public import CgroupModel
internal import Hierarchy
public import KernelIO

/// A command in a cgroup of its own, from the making to the removal.
public struct TransientRun: Sendable {
    /// What a person may want to hear while it runs.
    public enum Notice: Sendable {
        /// A run whose owner was killed was cleaned up.
        case leftover(Leftover)
        /// A limit was not set exactly as asked.
        case limit(String)
        /// The command has ended; so many processes that it started have not.
        case remaining(Int)
    }

    /// A signal asked to end before the command ran; nothing of it is left.
    public struct Interruption: Error {
        /// The signal's number.
        public let signal: Int32
    }

    /// The command and its arguments.
    public let command: [String]
    /// The name behind `run-`.
    public let name: String
    /// The limits.
    public let limits: [LimitRequest]
    /// New namespaces.
    public let namespaces: NamespaceFlags
    /// Whether what the command leaves behind is ended, not waited for.
    public let killsRest: Bool
    /// Descriptors of this process that the command gets besides 0, 1 and 2.
    public let passed: [Int32]

    /// Joins the parts.
    public init(
        _ command: [String], name: String, limits: [LimitRequest], namespaces: NamespaceFlags,
        killsRest: Bool, passing passed: [Int32] = []
    ) {
        self.passed = passed
        self.command = command
        self.name = name
        self.limits = limits
        self.namespaces = namespaces
        self.killsRest = killsRest
    }

    /// Runs it to the end; without `records` nobody cleans up behind it if this process is killed.
    ///
    /// Throws ``ActuationError``, ``Interruption``, or ``KernelIO/SpawnError`` if the command cannot
    /// be started; nothing is left behind then.
    public func run(
        on ground: RunGround, records: JobRecords?, notice: (Notice) -> Void
    ) async throws -> RunSummary {
        for leftover in records.map(ground.sweep) ?? [] { notice(.leftover(leftover)) }
        let signals = RunSignals()
        let cgroup = try ground.make(self, records: records, signals)
        do {
            try TransientLimits(limits).apply(to: cgroup) { notice(.limit($0)) }
            if let signal = signals.ending { throw Interruption(signal: signal) }
            let start = MonotonicClock.nanoseconds
            let child = try cgroup.start(self, signals)
            let end = Self.follow(child, signals)
            finish(cgroup, signals, notice)
            let wall = MonotonicClock.nanoseconds - start
            let summary = try await RunSummary.read(cgroup, end: end, wallNanoseconds: wall)
            try cgroup.remove()
            return summary
        } catch {
            // Who asked to end does not wait for what cannot be killed; the next run cleans up.
            let isHurried = signals.ending != nil
            if cgroup.killAll(within: isHurried ? .seconds(1) : .seconds(10)) || !isHurried {
                try? cgroup.remove()
            }
            if let signal = signals.ending, (error as? SpawnError)?.isGivenUp == true {
                throw Interruption(signal: signal)
            }
            throw error
        }
    }

    /// Passes signals on until the command has ended.
    private static func follow(
        _ child: borrowing ChildProcess, _ signals: RunSignals
    ) -> ProcessEnd {
        while true {
            // A terminal signals the command itself, for it is in the same process group.
            for note in signals.notes() where !note.isFromTerminal { child.signal(note.signal) }
            if let end = child.end() { return end }
            Readiness.wait(for: [child.descriptor.number] + [signals.descriptor].compactMap(\.self))
        }
    }

    /// Waits for what the command left behind, or ends it; a signal to end does that, too.
    private func finish(
        _ cgroup: any RunCgroup, _ signals: RunSignals, _ notice: (Notice) -> Void
    ) {
        let remaining = cgroup.processes.count
        guard remaining > 0 else { return }
        if killsRest {
            _ = cgroup.killAll()
            return
        }
        notice(.remaining(remaining))
        while !cgroup.processes.isEmpty {
            // v1 gives no notice of an empty cgroup.
            Readiness.wait(for: [signals.descriptor].compactMap(\.self), milliseconds: 100)
            guard signals.notes().contains(where: \.asksToEnd) else { continue }
            _ = cgroup.killAll()
            return
        }
    }
}
