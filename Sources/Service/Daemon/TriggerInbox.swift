import CgroupModel
import Events
import Policy
import PolicyLanguage
import Synchronization

/// The events that wait for the next tick of the policy; putting never waits.
final class TriggerInbox: Sendable {
    private struct State {
        /// The kinds that some rule waits for.
        var kinds: Set<EventKind> = []
        var events: [PolicyEvent] = []
    }

    /// The maximum number of events that wait; the rest is dropped.
    private static let most = 10_000

    private let state = Mutex(State())

    /// Keeps only the kinds that trigger a rule of this policy.
    func expect(_ policy: PolicyDocument) {
        let kinds = Set(policy.rules.flatMap { $0.event?.kinds ?? [] })
        state.withLock { state in
            state.kinds = kinds
            state.events.removeAll { !kinds.contains($0.kind) }
        }
    }

    /// Passes events.
    func put(_ events: [Event]) {
        guard !events.isEmpty else { return }
        state.withLock { state in
            guard !state.kinds.isEmpty else { return }
            for event in events where state.kinds.contains(event.kind) {
                guard state.events.count < Self.most else { return }
                if let event = PolicyEvent(event) { state.events.append(event) }
            }
        }
    }

    /// Takes everything.
    func take() -> [PolicyEvent] {
        state.withLock { state in
            defer { state.events = [] }
            return state.events
        }
    }
}
