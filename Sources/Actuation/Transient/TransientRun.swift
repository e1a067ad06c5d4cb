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

    /// Joins the parts.
    public init(
        _ command: [String], name: String, limits: [LimitRequest], namespaces: NamespaceFlags,
        killsRest: Bool
    ) {
        self.command = command
        self.name = name
        self.limits = limits
        self.namespaces = namespaces
        self.killsRest = killsRest
    }

    /// Runs it to the end.
    ///
    /// Throws ``ActuationError``, or ``KernelIO/SpawnError`` if the command cannot be started;
    /// nothing is left behind then.
    public func run(
        on ground: RunGround, notice: (Notice) -> Void
    ) async throws -> RunSummary {
        let relay = try SignalRelay()
        let cgroup = try ground.prepare(self) { notice(.leftover($0)) }
        do {
            try TransientLimits(limits).apply(to: cgroup) { notice(.limit($0)) }
            let start = MonotonicClock.nanoseconds
            let child = try cgroup.start(self)
            let end = Self.follow(child, relay)
            finish(cgroup, relay, notice)
            let wall = MonotonicClock.nanoseconds - start
            let summary = try await RunSummary.read(cgroup, end: end, wallNanoseconds: wall)
            try cgroup.remove()
            return summary
        } catch {
            _ = cgroup.killAll()
            try? cgroup.remove()
            throw error
        }
    }

    /// Passes signals on until the command has ended.
    private static func follow(
        _ child: borrowing ChildProcess, _ relay: borrowing SignalRelay
    ) -> ProcessEnd {
        while true {
            // A terminal signals the command itself, for it is in the same process group.
            for note in relay.notes() where !note.isFromTerminal { child.signal(note.signal) }
            if let end = child.end() { return end }
            Readiness.wait(for: [child.descriptor.number, relay.descriptor.number])
        }
    }

    /// Waits for what the command left behind, or ends it; a signal to end does that, too.
    private func finish(
        _ cgroup: any RunCgroup, _ relay: borrowing SignalRelay, _ notice: (Notice) -> Void
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
            Readiness.wait(for: [relay.descriptor.number], milliseconds: 100)
            guard relay.notes().contains(where: \.asksToEnd) else { continue }
            _ = cgroup.killAll()
            return
        }
    }
}
