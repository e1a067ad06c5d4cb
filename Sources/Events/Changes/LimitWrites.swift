package import Hierarchy
package import KernelIO
internal import Synchronization

/// Watches for writes to limit files, and identifies the writers.
///
/// A thread of its own reads the kernel's reports at once, because the writer may exit immediately
/// afterwards. After each pass, it pauses four times as long as the pass took, up to 400 ms. A
/// storm of writes therefore costs about a fifth of a CPU.
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
            _ = try WriteQueue(set)
            return nil
        } catch {
            return error
        }
    }

    /// The descriptor for poll(2): readable while ``take(toTheEnd:)`` has something to return.
    package var pollDescriptor: Int32 { shared.news.descriptor.number }

    /// Removes and returns the writes that the thread has read; with `toTheEnd`, all up to now.
    ///
    /// `isIncomplete` if the kernel dropped reports, a written file could not be read, or there
    /// were too many reports to read or to keep.
    func take(toTheEnd: Bool) -> (writes: [LimitWrite], isIncomplete: Bool) {
        shared.take(toTheEnd: toTheEnd)
    }

    /// The state that the thread and the owner share.
    private final class Shared: Sendable {
        let news: EventFlag
        let stop: EventFlag
        private let queue: Mutex<WriteQueue>
        private let pollDescriptor: Int32
        /// The maximum number of reports that one pass of the thread reads.
        private static let mostReports = 1024

        init(_ set: HierarchySet) throws(IOError) {
            news = try EventFlag()
            stop = try EventFlag()
            let queue = try WriteQueue(set)
            pollDescriptor = queue.pollDescriptor
            self.queue = Mutex(queue)
        }

        func watch() {
            var list = PollList()
            list.add(pollDescriptor)
            list.add(stop.descriptor.number)
            while true {
                list.wait(milliseconds: nil)
                if list.hasNews(1..<2) { return }
                let start = MonotonicClock.nanoseconds
                queue.withLock { queue in
                    _ = queue.read(Self.mostReports)
                    if queue.hasNews, !queue.isAnnounced {
                        queue.isAnnounced = true
                        news.raise()
                    }
                }
                let spent = MonotonicClock.nanoseconds - start
                Pause.sleep(.nanoseconds(Int64(clamping: min(spent, 100_000_000) * 4)))
            }
        }

        func take(toTheEnd: Bool) -> (writes: [LimitWrite], isIncomplete: Bool) {
            queue.withLock { queue in
                if queue.isAnnounced {
                    queue.isAnnounced = false
                    news.lower()
                }
                if toTheEnd { queue.readToTheEnd(Self.mostReports * 4) }
                return queue.take()
            }
        }
    }
}
