#if Exporter
import CgroupModel
import Hierarchy
import KernelIO
import Reports
import Synchronization

/// The frames of another host, all fetched on one thread.
final class RemoteFrames: FrameSource {
    private actor Fetcher {
        private static let thread = ThreadExecutor(name: "remote")
        private let executor = Fetcher.thread

        nonisolated var unownedExecutor: UnownedSerialExecutor {
            unsafe executor.asUnownedSerialExecutor()
        }

        func fetch(_ host: RemoteHost) throws -> Snapshot? { try host.snapshot(.now) }
    }

    private struct State {
        var first: Snapshot?
        var newest: UInt64 = 0
        var trouble: String?
    }

    private let host: RemoteHost
    private let scope: SampleScope
    private let fetcher = Fetcher()
    private let counter = FrameCounter()
    private let state: Mutex<State>

    /// Continues after a first frame, which is shown, too.
    init(_ host: RemoteHost, first: Snapshot, _ scope: SampleScope) {
        self.host = host
        self.scope = scope
        state = Mutex(State(first: first))
    }

    var title: String {
        let trouble = state.withLock { $0.trouble }
        return "\(host.name)  remote\(trouble.map { "  " + host.short($0) } ?? "")"
    }

    func next(interval: Double) async -> Snapshot? {
        do {
            let first = state.withLock { $0.first.take() }
            var next = first
            if first == nil { next = try await fetcher.fetch(host) }
            guard let found = next else { return nil }
            let isNew = state.withLock { state in
                defer { (state.trouble, state.newest) = (nil, found.wallTime) }
                return state.newest != found.wallTime
            }
            return isNew ? counter.numbered(found.within(scope)) : nil
        } catch {
            let trouble = CgwardenError(error)?.message ?? "\(error)"
            state.withLock { $0.trouble = trouble }
            return nil
        }
    }
}

/// The history of another host from some time on.
struct RemoteReel: Reel {
    private let host: RemoteHost
    private let scope: SampleScope
    private(set) var start: UInt64 = 0
    private var reached: UInt64 = 0
    let span: ClosedRange<UInt64>
    private(set) var isAtEnd = false
    /// Why the last request had no answer; nil if it had one.
    private var trouble: String?
    let events: ReplayEvents? = nil

    /// Starts at a time, or at the end of the history if that is earlier; throws if the time is
    /// before the history or in the future.
    init(_ host: RemoteHost, at time: WrittenTime, _ scope: SampleScope) throws {
        guard let span = try host.span() else {
            throw CgwardenError("\(host.name) keeps no history", .unavailable)
        }
        self.host = host
        self.span = span
        self.scope = scope
        start = try instant(time)
    }

    var name: String { "history of \(host.name)\(trouble.map { "  " + host.short($0) } ?? "")" }
    let detail = ""
    let unreadableRecords = 0
    var summary: PeriodSummary? {
        get { nil }
        set {}
    }

    mutating func next() throws -> Snapshot? {
        guard let found = try fetch(.after(reached)), found.wallTime > reached else {
            isAtEnd = true
            return nil
        }
        reached = found.wallTime
        return found.within(scope)
    }

    mutating func loadLeadIn(to time: UInt64?, _ body: (Snapshot) -> Void) throws {
        guard let found = try fetch(.at(time ?? start)) else { return }
        reached = found.wallTime
        isAtEnd = false
        body(found.within(scope))
    }

    private mutating func fetch(_ wanted: RemoteHost.Wanted) throws -> Snapshot? {
        do {
            defer { trouble = nil }
            return try host.snapshot(wanted)
        } catch {
            trouble = CgwardenError(error)?.message ?? "\(error)"
            throw error
        }
    }

    func instant(_ time: WrittenTime) throws -> UInt64 {
        let now = MonotonicClock.wallMicroseconds
        _ = try time.instant(notAfter: now)
        let latest = try time.latestInstant(
            in: "the history of \(host.name)", from: span.lowerBound, before: now)
        return min(latest, span.upperBound)
    }
}
#endif
