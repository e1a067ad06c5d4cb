internal import CgroupModel
package import PolicyLanguage

/// Finds how much memory cgroups need by reclaiming idle memory until
/// some task stalls on it.
///
/// v1 has neither pressure per cgroup nor stepwise reclaim; there it requests nothing.
package struct AutosizeSource: LayerSource {
    /// Its requests override those of pools.
    package let layer = Layer.autosize

    private let isLegacy: Bool
    private var document: PolicyDocument
    private var states: [Key: State] = [:]
    private var order: [Key] = []
    private var time = PolicyInstant(nanoseconds: 0)

    private static let pressure = MetricCatalog.metric(named: "memory.pressure.some.total")?.id

    private struct Key: Hashable {
        let autosizer: String
        let cgroup: CgroupID
    }

    private struct State {
        var path: CgroupPath
        var probe = PressureProbe()
        /// The requested memory.high.
        var high: UInt64?
        var pressure = 0.0
    }

    /// Starts without a request; `isLegacy` is true if memory is on v1.
    package init(_ document: PolicyDocument, isLegacy: Bool) {
        self.document = document
        self.isLegacy = isLegacy
    }

    /// Applies a new policy; an autosizer of the same name keeps its state.
    package mutating func reload(_ document: PolicyDocument) { self.document = document }

    /// Evaluates the periods that have elapsed, and returns requests and reclaims.
    package mutating func propose(_ context: LayerContext) -> LayerProposal {
        let snapshot = context.input.snapshot
        time = context.input.time
        var kept: [Key: State] = [:]
        order = []
        var acts: [LayerProposal.Act] = []
        var hasChanged = false
        for autosizer in document.autosizers {
            for position in context.members[autosizer.group] ?? [] {
                let entry = snapshot.cgroups[position]
                let key = Key(autosizer: autosizer.name, cgroup: entry.id)
                var state = states.removeValue(forKey: key) ?? State(path: entry.path)
                state.path = entry.path
                let before = state.high
                let bytes = step(autosizer, &state, snapshot, position)
                if autosizer.mode == .reclaim || isLegacy { state.high = nil }
                hasChanged = hasChanged || state.high != before
                if bytes > 0, autosizer.mode == .reclaim { acts.append(act(key, state, bytes)) }
                kept[key] = state
                order.append(key)
            }
        }
        hasChanged = hasChanged || states.values.contains { $0.high != nil }
        states = kept
        return LayerProposal(wishes: hasChanged ? wishes : nil, acts: acts)
    }

    /// The number of bytes to reclaim now.
    private func step(
        _ autosizer: Autosizer, _ state: inout State, _ snapshot: Snapshot, _ position: Int
    ) -> UInt64 {
        guard let usage = snapshot[position, .memoryUsage].value, !isLegacy,
            let metric = Self.pressure, let total = snapshot[position, metric].value
        else { return 0 }
        switch state.probe.step(autosizer, total: total, usage: usage, at: time) {
        case .wait: return 0
        case .ease(let size, let pressure):
            (state.high, state.pressure) = (size, pressure)
            return 0
        case .take(let bytes, let pressure):
            (state.high, state.pressure) = (autosizer.clamped(usage - bytes), pressure)
            return bytes
        }
    }

    private func act(_ key: Key, _ state: State, _ bytes: UInt64) -> LayerProposal.Act {
        LayerProposal.Act(
            origin: .autosize(key.autosizer),
            target: Effect.Target(path: state.path, cgroup: key.cgroup),
            kind: .reclaim(Reclaiming(.bytes(bytes))),
            cause: Self.cause(state))
    }

    private var wishes: [LayerWish] {
        order.compactMap { key in
            guard let state = states[key], let high = state.high else { return nil }
            return LayerWish(
                target: Effect.Target(path: state.path, cgroup: key.cgroup),
                key: LimitKey("memory.high"), value: .number(high),
                origin: .autosize(key.autosizer), cause: Self.cause(state))
        }
    }

    private static func cause(_ state: State) -> Cause {
        // Two digits, independent of the formatting of floating-point numbers.
        let hundredths = Int((min(state.pressure, 100) * 100).rounded())
        let digits = "\(hundredths % 100)"
        return Cause(
            "memory pressure below its target allows a lower limit",
            evidence: [
                Cause.Evidence(
                    term: "memory.pressure.some",
                    value: "\(hundredths / 100).\(digits.count < 2 ? "0" : "")\(digits)%")
            ])
    }

    /// Backs off after a reclaim that failed.
    package mutating func took(_ result: EffectResult, of effect: Effect) {
        guard case .autosize(let name) = effect.origin, case .reclaim = effect.kind,
            let autosizer = document.autosizers.first(where: { $0.name == name })
        else { return }
        switch result.outcome {
        case .failed, .hung, .vetoed, .ineffective:
            states[Key(autosizer: name, cgroup: effect.target.cgroup)]?.probe.backOff(
                autosizer, at: time)
        default: break
        }
    }
}
