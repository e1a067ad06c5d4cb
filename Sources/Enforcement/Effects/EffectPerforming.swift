package import Policy

/// Performs effects, and blocks until they are done.
package protocol EffectPerforming: Sendable {
    /// Performs one effect, or several settings that belong together, and returns the result of
    /// each.
    ///
    /// `pause` waits for a duration that does not count toward the effect's deadline.
    func perform(
        _ effects: [Effect], pause: @escaping @Sendable (Duration) -> Void
    ) -> [EffectResult]

    /// Returns the extra time that an effect may take because of its kind.
    func patience(for effect: Effect) -> Duration
}

extension Effect.Origin {
    /// The name for the journal and hooks: a rule's own name, or another origin's kind and name.
    package var name: String {
        switch self {
        case .limits(let group, _): "limits \(group)"
        case .pool(let name): "pool \(name)"
        case .autosize(let name): "autosize \(name)"
        case .rule(let name): name
        case .guarding(let name): "guard \(name)"
        case .engine: "engine"
        }
    }
}
