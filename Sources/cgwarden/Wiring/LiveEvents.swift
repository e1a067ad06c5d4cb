import CgroupModel
import Events
import Hierarchy
import KernelIO
import Service
import Synchronization

/// The newest events for the live view: the daemon's, or without a daemon those in the view's own
/// samples and the kernel log.
///
/// Collecting begins with the first request, on a thread of its own, so that the screen does not
/// wait.
actor LiveEvents {
    private struct Shared {
        var isWanted = false
        var lines: [String]?
        var snapshot: Snapshot?
    }

    /// The maximum number of events in the list.
    private static let most = 500
    /// The interval at which the daemon or the kernel log is read.
    private static let pace = Duration.milliseconds(250)

    private let executor = ThreadExecutor(name: "events")
    private let system: SystemRoot
    private let shared = Mutex(Shared())

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    init(_ system: SystemRoot) { self.system = system }

    /// The newest events, the newest first; nil until the first ones are collected.
    nonisolated var lines: [String]? {
        let (lines, isFirst) = shared.withLock { shared in
            defer { shared.isWanted = true }
            return (shared.lines, !shared.isWanted)
        }
        if isFirst { Task.detached { await self.run() } }
        return lines
    }

    /// Takes a sample of the view.
    nonisolated func take(_ snapshot: Snapshot) {
        shared.withLock { shared in
            if shared.isWanted { shared.snapshot = snapshot }
        }
    }

    private func run() async {
        if system.isLive, system.cgroupRoot == nil, await followDaemon() { return }
        var host = HostEvents(system)
        while !Task.isCancelled {
            var events = host.readLog()
            let snapshot = shared.withLock { shared in shared.snapshot.take() }
            if let snapshot { events += host.take(snapshot, total: host.totalKills()) }
            add(events)
            Pause.sleep(Self.pace)
        }
    }

    /// Follows the daemon while the view runs; returns false if none answers at first.
    private func followDaemon() async -> Bool {
        guard let newest = try? DaemonEvents.newest() else { return false }
        var reached = newest > UInt64(Self.most) ? newest - UInt64(Self.most) : 0
        while !Task.isCancelled {
            if let reply = try? DaemonEvents.after(reached) {
                reached = reply.last
                add(reply.events.map(\.event))
            }
            Pause.sleep(Self.pace)
        }
        return true
    }

    private func add(_ events: [Event]) {
        let now = MonotonicClock.wallMicroseconds
        let fresh = events.suffix(Self.most).reversed().map { $0.line(now: now) }
        shared.withLock { shared in
            guard !fresh.isEmpty || shared.lines == nil else { return }
            shared.lines = Array((fresh + (shared.lines ?? [])).prefix(Self.most))
        }
    }
}
