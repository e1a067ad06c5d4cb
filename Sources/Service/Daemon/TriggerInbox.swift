import CgroupModel
import Events
import Policy
import PolicyLanguage
import Synchronization

/// The events that wait for the next tick of the policy; adding events never waits for a tick.
final class TriggerInbox: Sendable {
    private struct State {
        /// The kinds that some rule waits for.
        var kinds: Set<EventKind> = []
        var events: [PolicyEvent] = []
        /// The positions of the events that wait, apart from their counts.
        var places: [PolicyEvent: Int] = [:]
        /// The number of events that wait, by class.
        var counts: [EventClass: Int] = [:]
    }

    /// The maximum number of different events of a class that wait; the rest is dropped.
    private static let most = 500

    private let state = Mutex(State())

    /// Keeps only the kinds that trigger a rule of this policy.
    func expect(_ policy: PolicyDocument) {
        let kinds = Set(policy.rules.flatMap { $0.event?.kinds ?? [] })
        state.withLock { state in
            state.kinds = kinds
            (state.events, state.places, state.counts) = ([], [:], [:])
        }
    }

    /// Passes events.
    func put(_ events: [Event]) {
        guard !events.isEmpty else { return }
        state.withLock { state in
            guard !state.kinds.isEmpty else { return }
            for event in events where state.kinds.contains(event.kind) {
                Self.put(event, &state)
            }
        }
    }

    /// Equal events are counted as one, and a class cannot use up the room of others.
    private static func put(_ event: Event, _ state: inout State) {
        guard let new = PolicyEvent(event) else { return }
        var plain = new
        plain.count = 0
        if let place = state.places[plain] {
            state.events[place].count += new.count
            return
        }
        let own = EventClass(event)
        guard state.counts[own, default: 0] < most else { return }
        state.counts[own, default: 0] += 1
        state.places[plain] = state.events.count
        state.events.append(new)
    }

    /// Takes everything.
    func take() -> [PolicyEvent] {
        state.withLock { state in
            defer { (state.events, state.places, state.counts) = ([], [:], [:]) }
            return state.events
        }
    }
}
