import CgroupModel
import PolicyLanguage

/// What one tick sees, and what is known of its cgroups.
///
/// The parts of the engine read it and change nothing.
struct Sight: Sendable {
    /// What is known of cgroups apart from their numbers.
    var facts: any CgroupFacts
    /// The snapshot and what came with it; nil before the first tick.
    var input: PolicyInput?
    var rows = CgroupRows()
    /// The time between two ticks that the policy wants, in nanoseconds.
    var interval: UInt64 = 1
    /// The time of this tick, in nanoseconds.
    var now: UInt64 = 0
    /// The time since the tick before.
    var elapsed: UInt64 = 0
    /// Whether that is too long to know what happened meanwhile.
    var isGap = false

    init(facts: any CgroupFacts) { self.facts = facts }

    /// The identity and the path of a row's cgroup.
    func target(_ row: Row) -> Effect.Target { rows.cgroups[row].target }

    func path(_ row: Row) -> CgroupPath { rows.cgroups[row].path }

    /// The snapshot's entry of a row's cgroup; nil if the snapshot does not have it.
    func entry(_ row: Row) -> CgroupEntry? {
        guard let position = rows.position(row), let cgroups = input?.snapshot.cgroups,
            position < cgroups.count
        else { return nil }
        return cgroups[position]
    }

    /// The row of the cgroup at a path of the last snapshot.
    func row(at path: CgroupPath) -> Row? {
        input?.snapshot.index(of: path).map { rows.rowAt[$0] }
    }

    /// What the snapshot shows of a value; nil if it does not have the value.
    func actual(_ key: LimitKey, _ row: Row) -> LimitValue? {
        guard let position = rows.position(row), let snapshot = input?.snapshot,
            position < snapshot.cgroups.count
        else { return nil }
        return key.value(in: snapshot, at: position) { facts.device(named: $0) }
    }

    /// Whether the snapshot shows a cgroup frozen; nil if it does not say.
    func isFrozen(_ row: Row) -> Bool? {
        guard let position = rows.position(row), let snapshot = input?.snapshot,
            position < snapshot.cgroups.count
        else { return nil }
        return snapshot[position, .frozen].value.map { $0 != 0 }
    }

    /// What an OOM guard has taken over of a cgroup.
    func guarded(_ row: Row) -> GuardedCgroup? { input?.guarded[rows.cgroups[row].id] }

    /// Whether only an OOM guard may write a value now.
    func isGuarded(_ key: LimitKey, _ row: Row) -> Bool { guarded(row)?.owns(key) ?? false }

    /// The one key of a value that has two names on this machine.
    func canonical(_ key: LimitKey) -> LimitKey { facts.isLegacy(.memory) ? key : key.unified }
}
