/// Reports every effect as done, for tests and for back-tests, in which effects cannot change the
/// recording.
package struct SimulatedActuator: Sendable {
    /// Creates a simulated actuator.
    package init() {}

    /// Returns the results of a tick's effects, for the next tick.
    package func results(of effects: [Effect]) -> [EffectResult] {
        effects.map { EffectResult(id: $0.id, outcome: .done) }
    }
}
