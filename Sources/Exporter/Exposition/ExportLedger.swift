public import CgroupModel
internal import Synchronization

/// What has to be remembered from sample to sample so that what is exported stays true: the kills
/// and the I/O of cgroups that are gone.
public final class ExportLedger: MetricsSource {
    private struct State {
        var kills = OOMKillTally()
        var losses = IOLosses()
        var latest: Snapshot?
    }

    private let state = Mutex(State())

    /// Begins with nothing.
    public init() {}

    /// Enters a sample; every sample has to be entered, once and in their order.
    public func enter(_ snapshot: Snapshot) {
        state.withLock { state in
            state.kills.take(snapshot)
            state.latest = state.losses.carried(snapshot)
        }
    }

    /// The sample entered last, as it is exported; nil before the first.
    public var latest: Snapshot? { state.withLock { $0.latest } }

    /// The sample entered last.
    public func snapshot() async throws -> Snapshot? { latest }

    /// The families that tell of the gone.
    public var families: [ProgramFamily] { [state.withLock { $0.kills.family }] }
}
