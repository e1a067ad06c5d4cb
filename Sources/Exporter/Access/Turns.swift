internal import Synchronization

/// A queue that serves clients in turn, and each client's attempts in random order.
///
/// A client with many attempts therefore delays another client by only one attempt. Among the
/// attempts from one address, none can be sure to come first.
final class Turns: Sendable {
    private struct Waiting {
        let number: UInt64
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct Queue {
        let client: String
        var attempts: [Waiting]
    }

    private struct State {
        var isTaken = false
        var serial: UInt64 = 0
        /// The waiting attempts by client, next client first; no queue is empty.
        var queues: [Queue] = []

        mutating func append(_ waiting: Waiting, of client: String) {
            if let place = queues.firstIndex(where: { $0.client == client }) {
                queues[place].attempts.append(waiting)
            } else {
                queues.append(Queue(client: client, attempts: [waiting]))
            }
        }

        /// Removes a random attempt of a queue, and moves the rest of the queue to the end.
        mutating func removeAny(of place: Int) -> Waiting? {
            var queue = queues.remove(at: place)
            guard let chosen = queue.attempts.indices.randomElement() else { return nil }
            let waiting = queue.attempts.remove(at: chosen)
            if !queue.attempts.isEmpty { queues.append(queue) }
            return waiting
        }

        mutating func remove(_ number: UInt64) -> Waiting? {
            for place in queues.indices {
                guard
                    let attempt = queues[place].attempts.firstIndex(where: { $0.number == number })
                else { continue }
                let waiting = queues[place].attempts.remove(at: attempt)
                if queues[place].attempts.isEmpty { queues.remove(at: place) }
                return waiting
            }
            return nil
        }

        /// If more than `most` attempts wait, removes one of the client that has the most.
        mutating func overflow(_ most: Int) -> Waiting? {
            guard queues.reduce(0, { $0 + $1.attempts.count }) > most else { return nil }
            let longest = queues.indices.max {
                queues[$0].attempts.count < queues[$1].attempts.count
            }
            return longest.flatMap { removeAny(of: $0) }
        }
    }

    private let most: Int
    private let state = Mutex(State())

    /// Allows at most `most` waiting attempts.
    init(most: Int = 512) { self.most = most }

    /// The number of waiting attempts.
    var waiting: Int { state.withLock { $0.queues.reduce(0) { $0 + $1.attempts.count } } }

    /// The clients that wait.
    var clients: Set<String> { state.withLock { Set($0.queues.map(\.client)) } }

    /// Waits for a turn, which ends with ``pass()``.
    ///
    /// Returns false if the task is canceled or too many attempts wait.
    func take(for client: String) async -> Bool {
        let number = state.withLock { state in
            state.serial += 1
            return state.serial
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waiting = Waiting(number: number, continuation: continuation)
                let (isOwn, refused) = state.withLock { state -> (Bool?, Waiting?) in
                    if Task.isCancelled { return (false, nil) }
                    guard state.isTaken else {
                        state.isTaken = true
                        return (true, nil)
                    }
                    state.append(waiting, of: client)
                    return (nil, state.overflow(most))
                }
                if let isOwn { continuation.resume(returning: isOwn) }
                refused?.continuation.resume(returning: false)
            }
        } onCancel: {
            state.withLock { $0.remove(number) }?.continuation.resume(returning: false)
        }
    }

    /// Ends the turn and gives it to the next client.
    func pass() {
        let next = state.withLock { state -> Waiting? in
            guard !state.queues.isEmpty else {
                state.isTaken = false
                return nil
            }
            return state.removeAny(of: 0)
        }
        next?.continuation.resume(returning: true)
    }
}
