import CgroupModel
import Hierarchy
import History
import KernelIO
import Reports
import Synchronization

/// The newest frames of a daemon's history, read on a separate thread, because a disk may be slow.
actor DaemonTail {
    /// Where the frames of the view come from.
    enum Origin: Hashable, Sendable {
        /// Not known yet whether a daemon writes frames.
        case unknown
        /// This process, because no daemon writes suitable frames.
        case own
        /// The daemon, whose frames omit this number of cgroups.
        case daemon(leftOut: Int)
    }

    /// The longest time without a new frame, in nanoseconds, before the daemon counts as gone.
    private static let patience: UInt64 = 10_000_000_000

    private let executor = ThreadExecutor(name: "history")
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    private let shared = Mutex(Origin.unknown)
    private var tail: RecordingTail?
    /// When the last new frame was seen, in nanoseconds of CLOCK_MONOTONIC.
    private var seen: UInt64 = 0
    /// How old that frame was, in nanoseconds.
    private var age: UInt64 = 0
    /// The daemon's interval in seconds; at most an hour, because it was read from a file.
    private var period = 0.0

    /// Where the next frame comes from; does not wait for the file.
    nonisolated var origin: Origin { shared.withLock { $0 } }

    /// Starts to read the frames that a daemon writes to the folder that `find` returns.
    ///
    /// Throws the reason if no daemon writes frames there now, or, if an `interval` in seconds is
    /// given, if the frames are rarer or leave cgroups out.
    func begin(interval: Double?, _ find: @Sendable () throws -> String?) throws {
        do {
            try open(interval, find)
        } catch {
            tail = nil
            shared.withLock { $0 = .own }
            throw error
        }
    }

    private func open(_ interval: Double?, _ find: () throws -> String?) throws {
        guard let folder = try find() else {
            throw CgwardenError("the daemon keeps no history", .unavailable)
        }
        tail = HistoryFolder.paths(in: folder).first.map { RecordingTail($0) }
        if let newest = try tail?.newest() {
            take(newest)
            // It may have been written long ago.
            let now = MonotonicClock.wallMicroseconds
            age = (now - min(now, newest.wallTime)) * 1000
            tail?.rewind()
            if attach(interval) { return }
        }
        throw CgwardenError(
            "no daemon keeps history in \(folder) now; start one: cgwarden daemon", .unavailable)
    }

    /// Returns the newest frame, nil if it is not new, and whether to go on using the daemon.
    func next(interval: Double?) -> (frame: Snapshot?, isAttached: Bool) {
        let found = try? tail?.newest()
        if let found { take(found) }
        return (found, attach(interval))
    }

    private func take(_ frame: Snapshot) {
        seen = MonotonicClock.nanoseconds
        age = 0
        guard let seconds = frame.tierTimes[Tier.tick.rawValue].seconds else { return }
        period = (0...3600).contains(seconds) ? seconds : 3600
    }

    /// Whether the daemon still writes frames; if an interval in seconds is given, also whether
    /// they come that often and contain every cgroup.
    private func attach(_ interval: Double?) -> Bool {
        let silence = MonotonicClock.nanoseconds - seen + age
        let leftOut = tail?.leftOut ?? 0
        let isAttached =
            silence < Self.patience + UInt64(period * 2e9)
            && interval.map { period <= $0 * 1.5 && leftOut == 0 } ?? true
        shared.withLock { $0 = isAttached ? .daemon(leftOut: leftOut) : .own }
        return isAttached
    }
}
