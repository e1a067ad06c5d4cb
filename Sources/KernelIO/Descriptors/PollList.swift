internal import Glibc

/// The descriptors that a thread waits for (poll(2)).
package struct PollList {
    /// The event to wait for on a descriptor.
    package enum Interest: Sendable {
        /// The descriptor becomes readable.
        case input
        /// The kernel notifies of a change (POLLPRI).
        case notice
    }

    private var polled: [pollfd] = []

    /// Creates an empty list.
    package init() { polled.reserveCapacity(64) }

    /// Removes all descriptors.
    package mutating func removeAll() { polled.removeAll(keepingCapacity: true) }

    /// Adds a descriptor.
    package mutating func add(_ descriptor: Int32, for interest: Interest = .input) {
        let events = Int16(interest == .input ? POLLIN : POLLPRI)
        polled.append(pollfd(fd: descriptor, events: events, revents: 0))
    }

    /// Waits for an event, a signal or the timeout; nil waits forever.
    package mutating func wait(milliseconds: Int32?) {
        for index in polled.indices { polled[index].revents = 0 }
        _ = unsafe poll(&polled, nfds_t(polled.count), milliseconds ?? -1)
    }

    /// Whether an event occurred on any of these descriptors, given by their positions in the list.
    package func hasNews(_ range: Range<Int>) -> Bool {
        polled[range].contains { $0.revents != 0 }
    }

    /// The number of descriptors.
    package var count: Int { polled.count }
}
