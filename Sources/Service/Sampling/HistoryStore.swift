internal import CgroupModel
internal import History
internal import KernelIO
internal import Reports
import Synchronization

/// The tiers of the history on disk.
///
/// After a failure, such as a full disk, nothing is written for a while; then it tries again.
final class HistoryStore: Sendable {
    private struct State: ~Copyable {
        /// Keeps other writers out; readers cannot take it.
        var lock: LogFile?
        /// Nil until they are open, and after a failure.
        var tiers: HistoryTiers?
        /// When to try again after a failure, in nanoseconds of CLOCK_BOOTTIME.
        var retryAt: UInt64 = 0
        /// When to look at the free space again.
        var checkAt: UInt64 = 0
        /// When to look at the sizes and the oldest time again.
        var measureAt: UInt64 = 0
    }

    private static let retryInterval: UInt64 = 10_000_000_000
    /// The space in bytes to leave free, unless a twentieth of the file system is less.
    private static let reserve: UInt64 = 1 << 30
    private static let measureInterval: UInt64 = 600_000_000_000

    private let directory: String
    private let settings: HistorySettings
    private let origin: RecordingOrigin
    /// Called with the reason when writing begins to fail, and with nil when it works again.
    private let onChange: @Sendable (String?) -> Void
    private let space: @Sendable (String) -> FreeSpace?
    private let state = Mutex(State())
    private let published: Mutex<HistoryState>

    /// Creates a store, which opens its files with the first snapshot.
    ///
    /// `space` returns the free space of a directory's file system; nil if unknown.
    init(
        _ directory: String, _ settings: HistorySettings, _ origin: RecordingOrigin,
        space: @escaping @Sendable (String) -> FreeSpace? = { FreeSpace(of: $0) },
        onChange: @escaping @Sendable (String?) -> Void
    ) {
        self.directory = directory
        self.settings = settings
        self.origin = origin
        self.onChange = onChange
        self.space = space
        published = Mutex(HistoryState(directory: directory))
    }

    /// The state for reports.
    var current: HistoryState { published.withLock { $0 } }

    /// Passes a sample to the tiers, which write it or the periods that it ends.
    func keep(_ snapshot: Snapshot) {
        state.withLock { state in
            let now = snapshot.tierTimes.map(\.now).max() ?? 0
            guard now >= state.retryAt else { return }
            do {
                if state.tiers == nil { try open(&state) }
                if now >= state.checkAt {
                    state.checkAt = now + Self.retryInterval
                    try requireSpace()
                }
                try state.tiers?.take(snapshot)
                note(nil)
                let omissions = state.tiers?.omissions ?? []
                published.withLock {
                    $0.leftOut = omissions.reduce(0) { $0 + UInt64($1.count) }
                    $0.crowdedPart = omissions.max { $0.count < $1.count }?.path
                    $0.newest = snapshot.wallTime
                    $0.oldest = $0.oldest ?? snapshot.wallTime
                }
                if now >= state.measureAt {
                    state.measureAt = now + Self.measureInterval
                    measure()
                }
            } catch {
                state.tiers = nil
                state.retryAt = now + Self.retryInterval
                state.checkAt = 0
                note(Self.text(error, directory))
            }
        }
    }

    private func open(_ state: inout State) throws {
        // Only root can give files to a group that it is not in.
        let group =
            try EffectiveUser.isRoot ? GroupName.number(of: HistorySettings.group) : nil
        let readers = AppendedFile.Readers(group: group)
        _ = try OwnDirectory(making: directory, readers: readers)
        if state.lock == nil {
            state.lock = try LogFile("\(directory)/lock", patience: .milliseconds(200))
        }
        state.tiers = try HistoryTiers(directory, settings.bounds, origin, readers)
    }

    /// Throws if the free space is below the reserve.
    private func requireSpace() throws(IOError) {
        guard let found = space(directory),
            found.free < min(found.total / 20, Self.reserve)
        else { return }
        throw IOError(
            "write", directory, .noSpace,
            objection: "less than \(ByteText.of(min(found.total / 20, Self.reserve))) is free")
    }

    /// Writes the open periods.
    func finish() {
        state.withLock { state in
            do throws(IOError) {
                try state.tiers?.finish()
            } catch {
                note("\(error)")
            }
        }
    }

    /// Reports the first of several failures, and the end of them.
    private func note(_ failure: String?) {
        let isNew = published.withLock { published in
            if failure != nil { published.failures += 1 }
            defer { published.failure = failure }
            return (published.failure == nil) != (failure == nil)
        }
        if isNew { onChange(failure) }
    }

    /// Measures the files, which takes some milliseconds.
    private func measure() {
        var found = HistoryState(directory: directory)
        found.measure()
        published.withLock {
            $0.bytes = found.bytes
            $0.oldest = found.oldest ?? $0.oldest
        }
    }

    private static func text(_ error: any Error, _ directory: String) -> String {
        if let error = error as? IOError, error.errno == .busy {
            return "another process keeps history in \(directory)"
        }
        return CgwardenError(error)?.message ?? "\(error)"
    }
}
