import CgroupModel
import PolicyLanguage

/// Standing limits and their state: whether they are in force, and for which rows.
struct LimitRuntime: Sendable {
    let limits: StandingLimits
    let origin: Effect.Origin
    /// The values for the host's cgroup mode; pools set theirs in a layer of their own.
    let assignments: [LimitAssignment]
    /// The condition that brings them into force; nil if they always are.
    let when: Program?
    /// The condition that ends them.
    let until: Program?
    /// Why they can never be in force; nil if they can.
    let disabled: String?
    var holds = false
    /// For how long `when` has been true, or `until` while they are in force; in nanoseconds.
    private var timer: UInt64 = 0
    /// The rows that its values are requested for.
    var requested: Set<Row> = []

    init(
        _ limits: StandingLimits, index: Int, _ facts: any CgroupFacts,
        _ compiler: inout ProgramCompiler
    ) {
        let isLegacy = facts.isLegacy(.memory)
        self.limits = limits
        origin = .limits(group: limits.group, index: index)
        var values: [LimitKey: LimitValue] = [:]
        // Rules for devices are applied in order, because each one can override the ones before.
        var rules: [LimitAssignment] = []
        for setting in limits.settings + (limits.overrides[facts.mode] ?? []) {
            guard case .limit(let key, let value) = setting else { continue }
            if key.isDeviceRule {
                rules.append(LimitAssignment(key, value))
                continue
            }
            values[isLegacy ? key : key.unified] = value
        }
        assignments =
            values.sorted { $0.key < $1.key }.map { LimitAssignment($0.key, $0.value) } + rules
        guard let condition = limits.when else {
            (when, until, disabled) = (nil, nil, nil)
            return
        }
        do throws(UnknownTerm) {
            let beginning = try compiler.compile(condition)
            let ending = try compiler.compile(limits.until ?? .not(condition), isEnding: true)
            (when, until, disabled) = (beginning, ending, nil)
        } catch {
            (when, until, disabled) = (nil, nil, "unknown metric \(error.name)")
        }
    }

    /// Updates whether the limits are in force.
    ///
    /// An unknown condition changes nothing, and a gap between two ticks does not count as time.
    mutating func update(
        isInWindow: Bool, elapsed: UInt64, _ conditions: some Conditions
    ) {
        guard isInWindow else {
            holds = false
            timer = 0
            return
        }
        guard let when, let until else {
            holds = true
            return
        }
        switch conditions.truth(holds ? until : when, row: .whole) {
        case .unknown: return
        case .no: timer = 0
        case .yes:
            let hold = holds ? limits.clearTime : limits.holdTime
            // The first sample at which it is true starts the timer.
            timer = timer == 0 ? 1 : timer + elapsed
            guard timer > hold.nanoseconds else { return }
            holds.toggle()
            timer = 0
        }
    }

    /// The requests for each cgroup.
    var requests: [(key: LimitKey, request: ManagedValue.Request)] {
        let cause = Cause("standing limits of \(limits.group)")
        return assignments.enumerated().map { order, assignment in
            (
                assignment.key,
                ManagedValue.Request(
                    layer: .limits, priority: limits.priority, origin: origin,
                    value: assignment.value, cause: cause,
                    order: assignment.key.isDeviceRule ? order : 0,
                    isTogether: limits.isTogether)
            )
        }
    }

    /// Keeps the state of the same limits in the previous policy.
    mutating func keepState(of old: LimitRuntime) { (holds, timer) = (old.holds, old.timer) }
}
