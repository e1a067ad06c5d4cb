internal import KernelIO
internal import Synchronization

/// The signals that reach a run: as usual they end this process, until they are taken over so that
/// what was made can be taken back, and so that the command gets them.
final class RunSignals: Sendable {
    private struct State: ~Copyable {
        var relay: SignalRelay?
        var pending: [SignalRelay.Note] = []
        var ending: Int32?
    }

    private let state = Mutex(State())

    /// Takes them over for the rest of the process's life.
    func take() throws(ActuationError) {
        try state.withLock { state throws(ActuationError) in
            do throws(IOError) {
                state.relay = try SignalRelay()
            } catch {
                throw ActuationError(.failed, "signals cannot be passed on: \(error)")
            }
        }
    }

    /// For poll(2): readable when one has arrived; nil before they are taken over.
    var descriptor: Int32? { state.withLock { $0.relay?.descriptor.number } }

    /// The first that asked to end, if one has arrived; all stay to be passed on.
    var ending: Int32? {
        state.withLock { state in
            Self.read(&state)
            return state.ending
        }
    }

    /// What has arrived since the last call.
    func notes() -> [SignalRelay.Note] {
        state.withLock { state in
            Self.read(&state)
            let notes = state.pending
            state.pending = []
            return notes
        }
    }

    private static func read(_ state: inout State) {
        let new = state.relay?.notes() ?? []
        state.pending += new
        state.ending = state.ending ?? new.first(where: \.asksToEnd)?.signal
    }
}
