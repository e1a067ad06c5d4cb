import Actuation
import CgroupModel
import Enforcement
import Hierarchy
import Logging
import Policy

/// What an earlier daemon left: it was killed together with its guardian, or kept its values.
///
/// What no daemon can take over is undone before anything else is done. The values wait for the
/// first tick, which tells those that the policy wants as well; the others are put back then.
struct Inheritance: Sendable {
    private let settlement: Settlement
    private let journal: UndoJournal
    private let system: SystemRoot
    private let logger: Logger

    init(_ machine: Machine, _ logger: Logger) {
        settlement = Settlement(set: machine.set, journal: machine.journal, files: machine.files)
        journal = machine.journal
        system = machine.set.system
        self.logger = logger
    }

    /// Lets processes go on, and undoes what guards did.
    func settleAtOnce() {
        tell(settlement.relieve())
        tell(settlement.settleGuards())
    }

    /// Has a policy take over the values that it wants; returns the changes that it does not.
    func pass(to engine: inout PolicyEngine) -> Set<UInt64> {
        let entries = ((try? journal.entries()) ?? []).filter(\.isDaemons)
        guard !entries.isEmpty else { return [] }
        var left: Set<UInt64> = []
        var wanted: [CgroupPath: (cgroup: CgroupID, keys: [LimitKey])] = [:]
        for one in engine.wantedValues { wanted[one.target.path] = (one.target.cgroup, one.keys) }
        for entry in entries {
            let keys = wanted[entry.path]?.keys.filter { key in
                key.limit.map { entry.isPart(of: $0, instance: key.instance, on: system) } ?? false
            }
            if let cgroup = wanted[entry.path]?.cgroup, let keys, !keys.isEmpty {
                engine.inherit(keys, of: cgroup)
            } else {
                left.insert(entry.sequence)
            }
        }
        return left
    }

    /// Puts changes back; one that was made again meanwhile is another one.
    func settle(_ changes: Set<UInt64>) {
        tell(settlement.settle { changes.contains($0.sequence) })
    }

    /// Puts back whatever is left of the daemon's; false if something could not be.
    func settleAll() -> Bool {
        let report = settlement.settle()
        tell(report)
        return !report.isIncomplete
    }

    private func tell(_ report: Settlement.Report) {
        let most = 20
        for line in report.lines.prefix(most) {
            logger.warning("left by an earlier daemon: \(line)")
        }
        if report.lines.count > most {
            logger.warning("left by an earlier daemon: \(report.lines.count - most) more values")
        }
    }
}
