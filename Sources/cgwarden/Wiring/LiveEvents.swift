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
        /// The times of the same events in microseconds since 1970, by cgroup.
        var times: [CgroupPath: [UInt64]] = [:]
        var snapshot: Snapshot?
        /// The cgroups in ``times``, in the order of the events, to forget the oldest.
        private var order: [CgroupPath] = []

        mutating func keep(_ events: ArraySlice<Event>) {
            for event in events {
                guard let path = event.cgroup?.path else { continue }
                times[path, default: []].append(event.time.wall)
                order.append(path)
            }
            for path in order.prefix(max(0, order.count - LiveEvents.most)) {
                times[path]?.removeFirst()
                if times[path]?.isEmpty ?? false { times[path] = nil }
            }
            order.removeFirst(max(0, order.count - LiveEvents.most))
        }
    }

    /// The maximum number of events in the list, and of marks.
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
    nonisolated var lines: [String]? { begin { $0.lines } }

    /// Returns the times of the newest events of a cgroup, in microseconds since 1970.
    nonisolated func times(of path: CgroupPath) -> [UInt64] { begin { $0.times[path] ?? [] } }

    /// Reads the state, and collects events from now on.
    private nonisolated func begin<Value>(_ read: (Shared) -> Value) -> Value {
        let (value, isFirst) = shared.withLock { shared in
            defer { shared.isWanted = true }
            return (read(shared), !shared.isWanted)
        }
        if isFirst { Task.detached { await self.run() } }
        return value
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
        let newest = events.suffix(Self.most)
        let fresh = newest.reversed().map { $0.line(now: now) }
        shared.withLock { shared in
            guard !fresh.isEmpty || shared.lines == nil else { return }
            shared.lines = Array((fresh + (shared.lines ?? [])).prefix(Self.most))
            shared.keep(newest)
        }
    }
}
