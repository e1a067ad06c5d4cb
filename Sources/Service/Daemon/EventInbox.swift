import CgroupModel
import Events
import KernelIO
import Synchronization

/// The events and samples that other parts of the daemon pass to ``EventWatch``; adding one never
/// waits for the reader.
final class EventInbox: Sendable {
    /// The contents.
    struct Contents {
        /// The newest sample; nil if there is none since the last ``EventInbox/take()``.
        var snapshot: Snapshot?
        /// Events that other parts found.
        var events: [Event] = []
        /// The number of events that were dropped because the inbox was full, by kind.
        var dropped: [EventKind: UInt64] = [:]
    }

    /// The maximum number of events that wait.
    private static let mostEvents = 10_000

    private let contents = Mutex(Contents())
    private let bell: EventFlag

    init() throws(IOError) { bell = try EventFlag() }

    /// The descriptor for poll(2): readable while there is something to take.
    var descriptor: Int32 { bell.descriptor.number }

    /// Adds a sample, which replaces one that has not been taken.
    func put(_ snapshot: Snapshot) {
        contents.withLock { $0.snapshot = snapshot }
        bell.raise()
    }

    /// Passes events that another part found.
    func put(_ events: [Event]) {
        guard !events.isEmpty else { return }
        contents.withLock { contents in
            let room = max(Self.mostEvents - contents.events.count, 0)
            contents.events += events.prefix(room)
            for event in events.dropFirst(room) {
                contents.dropped[event.kind, default: 0] += max(event.folded, 1)
            }
        }
        bell.raise()
    }

    /// Wakes the reader without anything to take.
    func wake() { bell.raise() }

    /// Takes everything.
    func take() -> Contents {
        bell.lower()
        return contents.withLock { contents in
            defer { contents = Contents() }
            return contents
        }
    }
}
