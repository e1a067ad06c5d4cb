internal import Glibc

/// What a thread waits for (poll(2)).
public struct PollList {
    /// What is awaited of a descriptor.
    public enum Interest: Sendable {
        /// That it can be read.
        case input
        /// That the kernel gave notice of a change (POLLPRI).
        case notice
    }

    private var polled: [pollfd] = []

    /// With nothing in it, and room for some.
    public init() { polled.reserveCapacity(64) }

    /// Takes everything out.
    public mutating func removeAll() { polled.removeAll(keepingCapacity: true) }

    /// Adds a descriptor.
    public mutating func add(_ descriptor: Int32, for interest: Interest = .input) {
        let events = Int16(interest == .input ? POLLIN : POLLPRI)
        polled.append(pollfd(fd: descriptor, events: events, revents: 0))
    }

    /// Waits until something happens or the time is over; nil waits for ever.
    public mutating func wait(milliseconds: Int32?) {
        for index in polled.indices { polled[index].revents = 0 }
        _ = unsafe poll(&polled, nfds_t(polled.count), milliseconds ?? -1)
    }

    /// Whether something happened to one of the descriptors from `start` on, up to `end`.
    public func hasNews(_ range: Range<Int>) -> Bool {
        polled[range].contains { $0.revents != 0 }
    }

    /// How many there are.
    public var count: Int { polled.count }
}
