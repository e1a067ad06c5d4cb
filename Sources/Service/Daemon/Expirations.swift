import Actuation
import Enforcement
import KernelIO
import Logging
import Reports
import Synchronization

/// Undoes changes whose deadlines have passed although their helpers died.
///
/// These are changes by commands; the daemon's own never expire. It works on a thread of its own,
/// because the journal's lock, files and systemd can block and a tick must not.
final class Expirations: Sendable {
    private let changes: ExpiredChanges
    private let logger: Logger
    private let lane = BackgroundQueue<@Sendable () -> Void>("cgw-expire", capacity: 1) { $0() }
    private let nextLook = Atomic<UInt64>(0)
    /// The last lines, so that a failure that repeats is logged once.
    private let last = Mutex<[String]>([])
    private let retries = Mutex(RetryTimes())
    private static let pause: UInt64 = 1_000_000_000

    init(_ machine: Machine, _ logger: Logger) {
        changes = ExpiredChanges(set: machine.set, journal: machine.journal, files: machine.files)
        self.logger = logger
    }

    /// Looks for overdue changes, at most once a second.
    func follow() {
        let now = MonotonicClock.nanoseconds
        guard now >= nextLook.load(ordering: .relaxed) else { return }
        nextLook.store(now + Self.pause, ordering: .relaxed)
        lane.add { [self] in settle() }
    }

    /// Undoes overdue changes.
    func settle() {
        let now = MonotonicClock.nanoseconds
        let report = changes.undoOverdue(except: retries.withLock { $0.waiting(at: now) })
        retries.withLock { $0.note(report.retried, at: now) }
        let lines = ExpiryReport(report).lines
        let isNews = last.withLock { last in
            defer { last = lines }
            return last != lines
        }
        if isNews { for line in lines { logger.warning("expired: \(line)") } }
    }
}
