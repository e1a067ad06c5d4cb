import Actuation
import CgroupModel
import Enforcement
import Hierarchy
import KernelIO
import Logging
import Policy
import PolicyLanguage
import Reports
import Synchronization

/// The changes of an earlier daemon that kept its values, or was killed with its guardian.
///
/// Changes that no daemon can take over are undone first. Values wait for the first tick, which
/// shows the values that the policy also requests. The other values are then restored, with
/// retries, because a limit can be in use for some time.
final class Inheritance: Sendable {
    private let settlement: Settlement
    private let journal: UndoJournal
    private let system: SystemRoot
    private let logger: Logger
    /// The thread that settles, because files and systemd can block and a tick must not.
    private let lane = BackgroundQueue<@Sendable () -> Void>("cgw-settle", capacity: 16) { $0() }
    private let unwanted = Mutex(Unwanted())
    private static let pause: UInt64 = 5_000_000_000

    /// Changes that are still to be restored.
    private struct Unwanted {
        /// The sequence numbers of the changes; nil until a tick has read the journal.
        var changes: Set<UInt64>?
        /// The earliest time of this daemon's own changes, in microseconds since 1970.
        var end = UInt64.max
        /// The time of the next try, by the monotonic clock in nanoseconds.
        var nextTry: UInt64 = 0
    }

    init(_ machine: Machine, _ logger: Logger) {
        settlement = Settlement(set: machine.set, journal: machine.journal, files: machine.files)
        journal = machine.journal
        system = machine.set.system
        self.logger = logger
    }

    /// Thaws processes and undoes changes by guards.
    func settleAtOnce() {
        warn(settlement.relieve())
        warn(settlement.settleGuards())
    }

    /// Lets a policy take over the values that it requests, after its first tick, and restores the
    /// others.
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

    /// Lets the policy inherit the values that it requests; returns the other changes.
    ///
    /// Returns nil if the journal cannot be read, so that the next tick tries again.
    private func pass(to engine: inout PolicyEngine) -> Set<UInt64>? {
        guard let entries = earlierChanges()?.filter(\.isDaemons) else { return nil }
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

    /// Reads the changes older than this daemon's own; nil if the journal cannot be read.
    ///
    /// This daemon's own changes begin after the first try. Only a failure of that try is logged.
    private func earlierChanges() -> [JournalEntry]? {
        let end = unwanted.withLock(\.end)
        do throws(JournalError) {
            return try journal.entries().filter { $0.wallTime < end }
        } catch {
            guard end == .max else { return nil }
            unwanted.withLock { $0.end = MonotonicClock.wallMicroseconds }
            logger.warning("left by an earlier daemon: cannot be read yet; retrying: \(error)")
            return nil
        }
    }

    /// Restores changes; a change made again meanwhile has another number and is not affected.
    private func settle(_ changes: Set<UInt64>) {
        let report = settlement.settle { changes.contains($0.sequence) }
        let left = report.failures.isEmpty ? Set(report.unfinished.map(\.sequence)) : changes
        // A repeated failure is logged only once.
        if left != changes { warn(report) }
        unwanted.withLock { $0.changes = left }
    }

    /// Restores all remaining changes of the daemon; returns false if any could not be restored.
    func settleAll() -> Bool {
        let isClean = Atomic(false)
        lane.add { [self] in
            let report = settlement.settle()
            warn(report)
            isClean.store(!report.isIncomplete, ordering: .relaxed)
        }
        return lane.waitUntilEmpty(within: .seconds(10)) && isClean.load(ordering: .relaxed)
    }

    private func warn(_ report: Settlement.Report) {
        for line in Self.logged(report.lines) {
            logger.warning("left by an earlier daemon: \(line)")
        }
    }

    /// Returns the first 20 lines and the number of the others.
    static func logged(_ lines: [String]) -> [String] {
        let rest = lines.dropFirst(20).count
        guard rest > 0 else { return lines }
        return Array(lines.prefix(20)) + [counted(rest, "more value", "more values")]
    }
}
