import CgroupModel
import Events
import KernelIO
import LiveView
import Reports
import Synchronization

/// The events of the replayed period.
///
/// Collecting begins with the first request, on its own thread, so the screen does not wait.
final class ReplayEvents: Sendable {
    /// An event and its description, which is safe to print.
    struct Mark: Sendable {
        /// The time in microseconds since 1970.
        let time: UInt64
        let line: String
    }

    private struct State {
        var times: [UInt64] = []
        var events: [Event] = []
        /// The lines of the newest events, and the number of events when they were made.
        var lines: (count: Int, texts: [String]) = (0, [])
        var isStarted = false
        var isComplete = false
        /// Why not all could be read; nil if they could.
        var failure: String?

        func mark(_ place: Int) -> Mark {
            let line = events[place].line(now: MonotonicClock.wallMicroseconds)
            return Mark(time: times[place], line: line)
        }
    }

    /// The maximum number of events; later ones displace the oldest.
    private static let most = 20_000
    /// The maximum number of lines.
    private static let mostLines = 500
    /// The kinds that are too frequent for stepping from event to event.
    private static let omitted: Set<EventKind> = [.born, .died, .moved]

    private let collect: @Sendable (_ found: ([Event]) -> Void) throws -> Void
    private let state = Mutex(State())

    /// Creates the events that `collect` finds, the oldest first.
    init(_ collect: @escaping @Sendable (_ found: ([Event]) -> Void) throws -> Void) {
        self.collect = collect
    }

    private func start() {
        let isFirst = state.withLock { state in
            defer { state.isStarted = true }
            return !state.isStarted
        }
        guard isFirst else { return }
        do {
            try WorkerThread.start("events") {
                do {
                    try self.collect { self.add($0) }
                    self.end(nil)
                } catch {
                    self.end(error)
                }
            }
        } catch {
            end(error)
        }
    }

    private func end(_ error: (any Error)?) {
        state.withLock { state in
            state.isComplete = true
            state.failure = error.map { CgwardenError($0)?.message ?? "\($0)" }
        }
    }

    private func add(_ events: [Event]) {
        let fresh = events.filter { !Self.omitted.contains($0.kind) }
        guard !fresh.isEmpty else { return }
        state.withLock { state in
            for event in fresh {
                // If the clock was set back, the order of recording is kept.
                let time = max(event.time.wall, state.times.last ?? 0)
                state.times.append(time)
                state.events.append(event)
            }
            guard state.times.count > Self.most * 2 else { return }
            state.times.removeFirst(state.times.count - Self.most)
            state.events.removeFirst(state.events.count - Self.most)
        }
    }

    /// The times of the events so far, ascending, in microseconds since 1970.
    var times: [UInt64] {
        start()
        return state.withLock { $0.times }
    }

    /// The newest events, the newest first; nil until one is found or all are read.
    var lines: [String]? {
        start()
        return state.withLock { state in
            if state.events.isEmpty { return state.isComplete ? [] : nil }
            if state.lines.count != state.events.count {
                let now = MonotonicClock.wallMicroseconds
                let texts = state.events.suffix(Self.mostLines).reversed().map { $0.line(now: now) }
                state.lines = (state.events.count, texts)
            }
            return state.lines.texts
        }
    }

    /// Returns the first event after a time, but not after `end`; nil if there is none.
    func first(after time: UInt64, until end: UInt64) -> Mark? {
        state.withLock { state in
            guard let place = state.times.firstIndex(where: { $0 > time }),
                state.times[place] <= end
            else { return nil }
            return state.mark(place)
        }
    }

    /// Returns the last event until a time, but after `start`; nil if there is none.
    func last(until time: UInt64, after start: UInt64) -> Mark? {
        state.withLock { state in
            guard let place = state.times.lastIndex(where: { $0 <= time }),
                state.times[place] > start
            else { return nil }
            return state.mark(place)
        }
    }

    /// Says why there is no event in a direction.
    func reason(noneIn direction: TimeDirection) -> String {
        let none = direction == .next ? "no later event" : "no earlier event"
        return state.withLock { state in
            if let failure = state.failure { return failure }
            return state.isComplete ? none : "\(none) so far; still reading"
        }
    }
}
