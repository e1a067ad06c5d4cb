import CgroupModel
import PolicyLanguage

/// The input of a tick and the rows of its cgroups.
///
/// The parts of the engine only read it.
struct Sight: Sendable {
    /// Facts about cgroups and the host that are not in snapshots.
    var facts: any CgroupFacts
    /// The input of the last tick; nil before the first.
    var input: PolicyInput?
    var rows = CgroupRows()
    /// The policy's tick interval, in nanoseconds.
    var interval: UInt64 = 1
    /// The time of this tick, in nanoseconds.
    var now: UInt64 = 0
    /// The time since the previous tick, in nanoseconds.
    var elapsed: UInt64 = 0
    /// Whether ``elapsed`` exceeds 2.5 intervals; conditions count as unknown in that time.
    var isGap = false

    init(facts: any CgroupFacts) { self.facts = facts }

    /// Returns the identity and path of a row's cgroup.
    func target(_ row: Row) -> Effect.Target { rows.cgroups[row].target }

    func path(_ row: Row) -> CgroupPath { rows.cgroups[row].path }

    /// Returns the snapshot's entry for a row's cgroup; nil if the snapshot has none.
    func entry(_ row: Row) -> CgroupEntry? {
        guard let position = rows.position(row), let cgroups = input?.snapshot.cgroups,
            position < cgroups.count
        else { return nil }
        return cgroups[position]
    }

    /// Returns the row of the cgroup at a path in the last snapshot.
    func row(at path: CgroupPath) -> Row? {
        input?.snapshot.index(of: path).map { rows.rowAt[$0] }
    }

    /// Returns the value of a limit in the snapshot; nil if the snapshot has none.
    func actual(_ key: LimitKey, _ row: Row) -> LimitValue? {
        guard let position = rows.position(row), let snapshot = input?.snapshot,
            position < snapshot.cgroups.count
        else { return nil }
        return key.value(in: snapshot, at: position) { facts.device(named: $0) }
    }

    /// Whether a cgroup is frozen in the snapshot; nil if unknown.
    func isFrozen(_ row: Row) -> Bool? {
        guard let position = rows.position(row), let snapshot = input?.snapshot,
            position < snapshot.cgroups.count
        else { return nil }
        return snapshot[position, .frozen].value.map { $0 != 0 }
    }

    /// Returns the state of a cgroup that an OOM guard controls.
    func guarded(_ row: Row) -> GuardedCgroup? { input?.guarded[rows.cgroups[row].id] }

    /// Whether only an OOM guard may write a value now.
    func isGuarded(_ key: LimitKey, _ row: Row) -> Bool { guarded(row)?.owns(key) ?? false }

    /// Returns the canonical key of a value that has two names on this host.
    func canonical(_ key: LimitKey) -> LimitKey { facts.isLegacy(.memory) ? key : key.unified }
}
