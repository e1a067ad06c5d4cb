internal import KernelIO
internal import Synchronization

/// A queue that a background thread consumes, so that adding an element never blocks.
///
/// The thread exists only while there is work. When the queue is full, the oldest elements are
/// dropped and counted.
package final class BackgroundQueue<Element: Sendable>: Sendable {
    private struct State {
        /// The elements before `next` have been removed already.
        private var elements: [Element] = []
        private var next = 0
        var isRunning = false
        var dropped: UInt64 = 0

        var count: Int { elements.count - next }

        mutating func append(_ element: Element) { elements.append(element) }

        /// Removes the oldest element, at a cost independent of the queue's length.
        mutating func popFirst() -> Element? {
            guard next < elements.count else { return nil }
            let element = elements[next]
            next += 1
            if next == elements.count || next > 64 && 2 * next > elements.count {
                elements.removeFirst(next)
                next = 0
            }
            return element
        }
    }

    private let state = Mutex(State())
    private let name: String
    private let capacity: Int
    private let consume: @Sendable (Element) -> Void

    /// Creates a queue of at most `capacity` elements.
    package init(_ name: String, capacity: Int, consume: @escaping @Sendable (Element) -> Void) {
        self.name = name
        self.capacity = capacity
        self.consume = consume
    }

    /// The number of dropped elements.
    package var dropped: UInt64 { state.withLock(\.dropped) }

    /// Adds an element.
    package func add(_ element: Element) {
        let starts = state.withLock { state in
            if state.count >= capacity {
                _ = state.popFirst()
                state.dropped += 1
            }
            state.append(element)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        guard starts else { return }
        do throws(IOError) {
            try WorkerThread.start(name) { [self] in run() }
        } catch {
            // The next call tries again.
            state.withLock { $0.isRunning = false }
        }
    }

    /// Waits until all elements are consumed; false on timeout.
    package func waitUntilEmpty(within time: Duration) -> Bool {
        Deadline(after: time).wait { state.withLock { !$0.isRunning && $0.count == 0 } }
    }

    private func run() {
        while true {
            let next = state.withLock { state -> Element? in
                let next = state.popFirst()
                if next == nil { state.isRunning = false }
                return next
            }
            guard let next else { return }
            consume(next)
        }
    }
}
