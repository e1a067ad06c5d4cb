internal import CgroupModel
package import Hierarchy
package import KernelIO
internal import Synchronization

/// Notices writes to limit files, and who wrote.
///
/// A thread of its own reads the kernel's reports at once, because the writer may exit immediately
/// afterwards. After each pass it pauses for four times as long, up to 400 ms, so a storm of writes
/// to cgroup files costs about a fifth of a CPU. Dropped reports are reported as incomplete.
package final class LimitWrites: Sendable {
    private let shared: Shared

    /// Watches all hierarchies.
    package init(_ set: HierarchySet) throws(IOError) {
        shared = try Shared(set)
        let shared = shared
        try WorkerThread.start("writes") { shared.watch() }
    }

    deinit { shared.stop.raise() }

    /// The reason why writes cannot be watched; nil if they can.
    package static func refusal(_ set: HierarchySet) -> IOError? {
        do throws(IOError) {
            let watch = try WriteWatch()
            _ = try WrittenPlaces(set, watch)
            return nil
        } catch {
            return error
        }
    }

    /// The descriptor for poll(2): readable while ``take()`` has something.
    package var number: Int32 { shared.news.descriptor.number }

    /// Takes the writes that the thread has read, or all up to now, and whether some are missing.
    func take(toTheEnd: Bool) -> (writes: [LimitWrite], isIncomplete: Bool) {
        shared.take(toTheEnd: toTheEnd)
    }

    /// The state that the thread and the owner share.
    private final class Shared: Sendable {
        let news: EventFlag
        let stop: EventFlag
        private let state: Mutex<State>
        private let watched: Int32
        /// The maximum number of reports that one pass reads.
        private static let pass = 1024

        init(_ set: HierarchySet) throws(IOError) {
            news = try EventFlag()
            stop = try EventFlag()
            let state = try State(set)
            watched = state.watched
            self.state = Mutex(state)
        }

        func watch() {
            var list = PollList()
            list.add(watched)
            list.add(stop.descriptor.number)
            while true {
                list.wait(milliseconds: nil)
                if list.hasNews(1..<2) { return }
                let start = MonotonicClock.nanoseconds
                if state.withLock({ $0.read(Self.pass) }) {
                    news.raise()
                }
                let spent = MonotonicClock.nanoseconds - start
                Pause.sleep(.nanoseconds(Int64(clamping: min(spent, 100_000_000) * 4)))
            }
        }

        func take(toTheEnd: Bool) -> (writes: [LimitWrite], isIncomplete: Bool) {
            news.lower()
            return state.withLock { state in
                if toTheEnd { _ = state.read(Self.pass * 4) }
                defer { (state.waiting, state.isIncomplete) = ([], false) }
                return (state.waiting, state.isIncomplete)
            }
        }
    }

    private struct State: ~Copyable, Sendable {
        private var watch: WriteWatch
        private let places: WrittenPlaces
        private let set: HierarchySet
        private let processes: ProcessReader
        private var buffer = ReadBuffer(capacity: 4096)
        var waiting: [LimitWrite] = []
        var isIncomplete = false
        /// The maximum number of writes that wait to be taken.
        private static let most = 8192

        init(_ set: HierarchySet) throws(IOError) {
            let watch = try WriteWatch()
            places = try WrittenPlaces(set, watch)
            self.watch = watch
            self.set = set
            processes = ProcessReader(set.system)
        }

        var watched: Int32 { watch.number }

        /// Reads at most `most` reports; returns whether anything waits to be taken.
        mutating func read(_ most: Int) -> Bool {
            var writers: [Int32: Writer] = [:]
            for _ in 0..<most {
                guard let report = watch.next() else { break }
                switch consume report {
                case .lost: isIncomplete = true
                case .write(let file, let process):
                    guard let (path, name) = places.limitFile(file) else { continue }
                    let writer = writers[process] ?? Writer(process, processes, set)
                    writers[process] = writer
                    guard buffer.fill(from: file.number) == 0 else { continue }
                    guard waiting.count < Self.most else {
                        isIncomplete = true
                        continue
                    }
                    waiting.append(
                        LimitWrite(
                            path: path, file: name,
                            text: String(decoding: buffer.array, as: UTF8.self), time: .now,
                            writer: writer))
                }
            }
            return !waiting.isEmpty || isIncomplete
        }
    }
}
