import CgroupModel
import Events
import Hierarchy
import KernelIO
import Synchronization

/// Finds events in the daemon's samples and counts them.
///
/// Runs on a thread of its own, so that it does not delay ticks. If it falls behind, it skips
/// samples; changes between the samples that it sees are still found.
actor EventWatch {
    private let executor = ThreadExecutor(name: "events")
    private var host: HostEvents
    private let samples: AsyncStream<Snapshot>
    private let newest: AsyncStream<Snapshot>.Continuation
    private let counts = Mutex<[EventKind: UInt64]>([:])
    /// Why the kernel log is not read; nil if it is.
    nonisolated let logRefusal: IOError?

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    init(_ system: SystemRoot) {
        let host = HostEvents(system)
        logRefusal = host.logRefusal
        self.host = host
        (samples, newest) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Queues a sample; returns immediately.
    nonisolated func take(_ snapshot: Snapshot) { newest.yield(snapshot) }

    /// The events so far, by kind.
    nonisolated var current: [EventKind: UInt64] { counts.withLock { $0 } }

    /// Counts until the task is canceled.
    func run() async {
        for await snapshot in samples {
            let total = host.totalKills
            let kills = host.readLog()
            count(kills + host.take(snapshot, total: total))
        }
    }

    private func count(_ events: [Event]) {
        guard !events.isEmpty else { return }
        counts.withLock { counts in
            for event in events { counts[event.kind, default: 0] += max(event.folded, 1) }
        }
    }
}

#if Exporter
import Exporter

extension EventWatch {
    /// The counts, for Prometheus.
    nonisolated var family: ProgramFamily {
        let counts = current
        return .counter(
            "cgwarden_events_total", "Events since the daemon began, by kind.",
            EventKind.allCases.map { kind in
                ProgramFamily.Sample(counts[kind] ?? 0, labels: [("kind", kind.rawValue)])
            })
    }
}
#endif
