package import CgroupModel
package import Events
internal import Synchronization

/// The state that must survive from sample to sample for exports to be correct: OOM kills and I/O
/// of removed cgroups.
package final class ExportLedger: MetricsSource {
    /// The source of the counts of OOM kills.
    package enum KillSource: Sendable {
        /// The counters in samples.
        case samples
        /// The events that are entered, which include every kill.
        case events
    }

    private struct State {
        var kills: OOMKillTally
        var losses = IOLosses()
        var latest: Snapshot?
    }

    private let state: Mutex<State>

    /// Creates an empty ledger.
    package init(countsKillsOf source: KillSource = .samples) {
        state = Mutex(State(kills: OOMKillTally(source)))
    }

    /// Enters events; only OOM kills are counted.
    package func enter(_ events: [Event]) {
        let kills = events.filter { $0.kind == .oomKill }
        guard !kills.isEmpty else { return }
        state.withLock { state in
            for kill in kills { state.kills.take(max(kill.folded, 1), in: kill.cgroup?.path) }
        }
    }

    /// Enters a sample; every sample must be entered, once and in order.
    package func enter(_ snapshot: Snapshot) {
        state.withLock { state in
            state.kills.take(snapshot)
            state.latest = state.losses.carried(snapshot)
        }
    }

    /// The last sample entered, with corrected I/O counters; nil before the first.
    package var latest: Snapshot? { state.withLock { $0.latest } }

    /// Returns the last sample entered, with corrected I/O counters.
    package func snapshot() async throws -> Snapshot? { latest }

    /// The families that count OOM kills, including those of removed cgroups.
    package var families: [ProgramFamily] { [state.withLock { $0.kills.family }] }
}
