public import Policy

/// Does effects, and blocks meanwhile.
public protocol EffectPerforming: Sendable {
    /// Does one effect, or several settings that belong together; answers each of them.
    ///
    /// `pause` waits for a time in which nothing is done, so that it does not count.
    func perform(
        _ effects: [Effect], pause: @escaping @Sendable (Duration) -> Void
    ) -> [EffectResult]

    /// How long an effect may take besides the usual, by its own nature.
    func patience(for effect: Effect) -> Duration
}

extension Effect.Origin {
    /// The name that the journal and a hook are told: a rule's own, others with their kind.
    public var name: String {
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
