/// Answers effects as if all of them were done at once: for back-tests, in which what is recorded
/// does not change whatever is done, and for tests.
package struct SimulatedActuator: Sendable {
    /// Nothing was asked yet.
    package init() {}

    /// The answers to the effects of a tick, for the next one.
    package func results(of effects: [Effect]) -> [EffectResult] {
        effects.map { EffectResult(id: $0.id, outcome: .done) }
    }
}
