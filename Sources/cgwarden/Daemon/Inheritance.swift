import Actuation
import CgroupModel
import Enforcement
import Hierarchy
import KernelIO
import Logging
import Policy
import Synchronization

/// What an earlier daemon left: it was killed together with its guardian, or kept its values.
///
/// What no daemon can take over is undone before anything else is done. The values wait for the
/// first tick, which tells those that the policy wants as well; the others are put back then, and
/// again until that succeeds, for a limit may be in use for a while.
final class Inheritance: Sendable {
    private let settlement: Settlement
    private let journal: UndoJournal
    private let system: SystemRoot
    private let logger: Logger
    /// Settles on a thread of its own, for files and systemd may let it wait, and no tick may.
    private let lane = BackgroundQueue<@Sendable () -> Void>("cgw-settle", capacity: 16) { $0() }
    private let unwanted = Mutex(Unwanted())
    private static let pause: UInt64 = 5_000_000_000

    /// Changes that are still to be put back.
    private struct Unwanted {
        /// Nil before the first tick.
        var changes: Set<UInt64>?
        /// By the monotonic clock.
        var nextTry: UInt64 = 0
    }

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

    /// Has a policy take over the values that it wants, after its first tick, and puts the others
    /// back.
    func follow(_ engine: inout PolicyEngine) {
        if unwanted.withLock({ $0.changes == nil }) {
            let changes = pass(to: &engine)
            unwanted.withLock { $0.changes = changes }
        }
        let now = MonotonicClock.nanoseconds
        let due = unwanted.withLock { unwanted -> Set<UInt64> in
            guard let changes = unwanted.changes, now >= unwanted.nextTry else { return [] }
            unwanted.nextTry = now + Self.pause
            return changes
        }
        if !due.isEmpty { lane.add { [self] in settle(due) } }
    }

    /// Returns the changes that a policy does not want.
    private func pass(to engine: inout PolicyEngine) -> Set<UInt64> {
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
    private func settle(_ changes: Set<UInt64>) {
        let report = settlement.settle { changes.contains($0.sequence) }
        let left = report.failures.isEmpty ? Set(report.unfinished.map(\.sequence)) : changes
        // A failure is told once.
        if left != changes { tell(report) }
        unwanted.withLock { $0.changes = left }
    }

    /// Puts back whatever is left of the daemon's; false if something could not be.
    func settleAll() -> Bool {
        let isClean = Atomic(false)
        lane.add { [self] in
            let report = settlement.settle()
            tell(report)
            isClean.store(!report.isIncomplete, ordering: .relaxed)
        }
        return lane.waitUntilEmpty(within: .seconds(10)) && isClean.load(ordering: .relaxed)
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
