internal import CgroupModel
internal import KernelIO
internal import PolicyLanguage
internal import Synchronization

/// Sends notices with their fields to systemd-journald; without journald, to another log.
package final class JournalSink: NoticeSink {
    private let queue: BackgroundQueue<Notice>
    private let lost: Counter

    /// Sends to journald's socket by default; without journald, notices go to `complain`, which is
    /// standard error by default.
    package init(
        socket: String = "/run/systemd/journal/socket",
        otherwise complain: @escaping @Sendable (Notice) -> Void = {
            StandardOutput.complain($0.line)
        }
    ) {
        let lost = Counter()
        self.lost = lost
        queue = BackgroundQueue("cgw-journal", capacity: 1024) { notice in
            Self.deliver(notice, to: socket, lost, complain)
        }
    }

    /// The number of notices dropped because the queue was full or journald was busy for too long.
    package var dropped: UInt64 { queue.dropped + lost.value }

    /// Queues a notice.
    package func send(_ notice: Notice) { queue.add(notice) }

    /// Waits until all notices are sent; false on timeout.
    package func waitUntilSent(within time: Duration) -> Bool { queue.waitUntilEmpty(within: time) }

    private static func deliver(
        _ notice: Notice, to path: String, _ lost: Counter, _ complain: (Notice) -> Void
    ) {
        do throws(IOError) {
            let socket = try LocalDatagram(to: path)
            var failure: IOError?
            let isSent = Deadline(after: .milliseconds(500)).wait {
                do throws(IOError) {
                    try socket.send(notice.journalEntry)
                    failure = nil
                } catch {
                    failure = error
                }
                // Retry while journald is busy and its socket is full.
                return failure?.isTryAgain != true
            }
            if !isSent { return lost.increment() }
            if let failure { throw failure }
        } catch {
            complain(notice)
        }
    }
}

extension Notice {
    /// The message in journald's format.
    var journalEntry: [UInt8] {
        var entry = JournalEntryText()
        entry.add("MESSAGE", text)
        entry.add("PRIORITY", "\(level.priority)")
        entry.add("SYSLOG_IDENTIFIER", "cgwarden")
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) { entry.add(name, value) }
        return entry.bytes
    }

    /// The rule and the cgroup, each only if the text does not name it.
    package var about: [(name: String, value: String)] {
        [("rule", "CGWARDEN_RULE"), ("cgroup", "CGWARDEN_GROUP")].compactMap { name, field in
            fields[field].flatMap { text.contains($0) ? nil : (name, $0) }
        }
    }

    /// The message for a log without fields.
    var line: String {
        let about = about.map { "\($0.name) \($0.value)" }
        let note = about.isEmpty ? "" : " (\(about.joined(separator: ", ")))"
        return "cgwarden: \(level.rawValue): \(text)\(note)"
    }
}

extension LogLevel {
    /// The priority of syslog(3).
    package var priority: Int {
        switch self {
        case .error: 3
        case .warning: 4
        case .notice: 5
        case .info: 6
        case .debug: 7
        }
    }
}

/// A counter that any thread may increment.
final class Counter: Sendable {
    private let count = Atomic<UInt64>(0)
    var value: UInt64 { count.load(ordering: .relaxed) }
    func increment() { count.add(1, ordering: .relaxed) }
}
