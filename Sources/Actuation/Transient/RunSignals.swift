internal import KernelIO
internal import Synchronization

/// The signals that a run receives.
///
/// At first they end this process as usual. Once taken over, they are forwarded to the command, and
/// the run can clean up.
final class RunSignals: Sendable {
    private struct State: ~Copyable {
        var relay: SignalRelay?
        var pending: [SignalRelay.Note] = []
        var ending: Int32?
    }

    private let state = Mutex(State())

    /// Takes over the signals for the rest of the process's life.
    func take() throws(ActuationError) {
        try state.withLock { state throws(ActuationError) in
            do throws(IOError) {
                state.relay = try SignalRelay()
            } catch {
                throw ActuationError(.failed, "cannot forward signals: \(error)")
            }
        }
    }

    /// The descriptor to poll(2), readable once a signal arrives; nil before the takeover.
    var descriptor: Int32? { state.withLock { $0.relay?.descriptor.number } }

    /// The first termination signal, if one has arrived; it stays queued for forwarding.
    var ending: Int32? {
        state.withLock { state in
            Self.read(&state)
            return state.ending
        }
    }

    /// Returns the signals since the last call.
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
