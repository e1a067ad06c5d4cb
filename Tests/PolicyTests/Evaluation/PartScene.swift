import CgroupModel
import TestSupport

@testable import Policy

/// What parts of the engine are tested with: a few cgroups, and nothing of an engine.
struct PartScene {
    var sight: Sight
    var outbox = Outbox(isDryRun: false)
    var trail = AuditTrail(isDryRun: false)

    /// One row for each path; ticks are a second apart and begin at 100 s.
    init(_ paths: [String] = ["/a", "/b"], facts: TestFacts = TestFacts()) {
        sight = Sight(facts: facts)
        sight.interval = Self.second
        show(paths.map { ($0, [:]) }, at: 100)
    }

    static let second: UInt64 = 1_000_000_000

    /// Takes a snapshot that was made at a second.
    mutating func show(_ cgroups: [(String, [String: Reading])], at second: UInt64) {
        var builder = SnapshotBuilder(metrics: ["cgroup.frozen", "pids.max"])
        builder.host.memoryTotal = Reading(64 << 30)
        builder.host.cpuCount = 8
        for (index, cgroup) in cgroups.enumerated() {
            builder.add(
                cgroup.0, inode: UInt64(index + 1), generation: UInt64(index + 1),
                cgroup.1.merging(["cgroup.populated": Reading(1)]) { given, _ in given })
        }
        let snapshot = builder.build()
        sight.elapsed = sight.now == 0 ? 0 : second * Self.second - sight.now
        sight.now = second * Self.second
        sight.input = PolicyInput(
            snapshot: snapshot, time: PolicyInstant(nanoseconds: sight.now), minuteOfDay: 0)
        _ = sight.rows.update(with: snapshot, at: sight.now)
    }

    /// The snapshot's entry of a row.
    func entry(_ row: Row) -> CgroupEntry {
        guard let entry = sight.entry(row) else { preconditionFailure("no cgroup in \(row)") }
        return entry
    }

    /// The effects that went out since the last call, as `set /a pids.max=5`.
    mutating func sent() -> [String] {
        outbox.take().map { effect in
            [effect.kind.name, effect.target.path.description, effect.kind.text]
                .compactMap { $0 }.joined(separator: " ")
        }
    }

    /// The audit log since the last call, as `veto reason`.
    mutating func told() -> [String] {
        trail.take().map { "\($0.phase.rawValue) \($0.note ?? "")" }
    }
}

/// The conditions of rules as a test wants them, by the rule's text.
struct ScriptedConditions: Conditions {
    var truths: [String: Truth] = [:]
    var numbers: [Row: Double] = [:]

    func truth(_ program: Program, row: Row) -> Truth { truths[program.text] ?? .no }
    func number(_ program: Program, row: Row) -> Double { numbers[row] ?? .unknown }
    func evidence(_ program: Program, row: Row) -> [Cause.Evidence] { [] }
}
