package import CgroupModel
internal import Hierarchy
package import KernelIO

/// A command in a separate cgroup, from its creation to its removal.
package struct TransientRun: Sendable {
    /// A notice for the user during a run.
    package enum Notice: Sendable {
        /// A run whose owner was killed was cleaned up.
        case leftover(Leftover)
        /// A limit was not set exactly as requested.
        case limit(String)
        /// The command has exited, but this number of processes that it started have not.
        case remaining(Int)
    }

    /// A termination signal arrived before the command started; everything is cleaned up.
    package struct Interruption: Error {
        /// The signal number.
        package let signal: Int32
    }

    /// The command and its arguments.
    package let command: [String]
    /// The name after `run-`.
    package let name: String
    /// The limits.
    package let limits: [LimitRequest]
    /// The new namespaces to create.
    package let namespaces: NamespaceFlags
    /// Whether to kill the processes that the command leaves behind instead of waiting for them.
    package let killsRest: Bool
    /// Descriptors that the command inherits besides 0, 1 and 2.
    package let passed: [Int32]

    /// Creates a run; `name` completes `run-`, and `passed` are extra descriptors to inherit.
    package init(
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

    /// Runs the command to its end.
    ///
    /// Without `records`, a run is not cleaned up if this process is killed. Throws
    /// ``ActuationError``, ``Interruption``, or ``KernelIO/SpawnError`` if the command cannot be
    /// started; everything is cleaned up then.
    package func run(
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
            // After a termination signal, do not wait for processes that cannot be killed; the next
            // run cleans up.
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

    /// Forwards signals until the command exits.
    private static func follow(
        _ child: borrowing ChildProcess, _ signals: RunSignals
    ) -> ProcessEnd {
        while true {
            // The terminal signals the command directly, because it is in the same process group.
            for note in signals.notes() where !note.isFromTerminal { child.signal(note.signal) }
            if let end = child.end() { return end }
            Readiness.wait(for: [child.descriptor.number] + [signals.descriptor].compactMap(\.self))
        }
    }

    /// Waits for the processes that the command left behind; kills them if `killsRest` is true or
    /// after a termination signal.
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
            // v1 does not report when a cgroup becomes empty.
            Readiness.wait(for: [signals.descriptor].compactMap(\.self), milliseconds: 100)
            guard signals.notes().contains(where: \.asksToEnd) else { continue }
            _ = cgroup.killAll()
            return
        }
    }
}
