package import CgroupModel
package import Events
internal import Reports

/// The events of the running daemon, for commands.
package struct DaemonEvents {
    /// The daemon's reply: its events after a given number.
    package struct Reply {
        /// The events, the oldest first; those of unknown kinds are left out.
        package let events: [StoredEvent]
        /// The number that a reader reaches with this reply.
        package let last: UInt64
        /// The number of events that the daemon no longer has in memory.
        package let lost: UInt64
        /// The file on disk; nil if the daemon keeps none.
        package let journal: String?
        /// Why the daemon no longer writes the file; nil if it does.
        package let failure: String?
    }

    /// The word of the request.
    static let word = "events"
    /// The maximum number of events in a reply.
    static let most = 5000

    /// Asks for the events after a number; 0 requests all.
    package static func after(_ serial: UInt64) throws -> Reply {
        let reply = try ask("\(serial)")
        // A daemon without a journal restarts at 1.
        return reply.last < serial ? try ask("0") : reply
    }

    /// Asks for the number of the newest event, 0 if there is none.
    package static func newest() throws -> UInt64 { try ask(String(UInt64.max)).last }

    /// The word of the request for what happened to a cgroup.
    static let wordForLine = "happened"
    /// The time that ``line(of:)`` covers, in microseconds.
    private static let lastHour: UInt64 = 3_600_000_000
    /// The maximum number of events of ``line(of:)``.
    private static let mostOfLine = 20
    /// The maximum wait for a daemon that may hang.
    private static let patience = Duration.seconds(1)

    /// Asks for the newest events of the last hour of a cgroup, its ancestors and the host.
    package static func line(of path: CgroupPath) throws -> [Event] {
        let reply = try ControlClient.ask([wordForLine, path.controlWord], within: patience)
        return reply.split(separator: "\n").compactMap {
            StoredEvent(decoding: PercentText.decoded($0))?.event
        }
    }

    /// Answers ``line(of:)`` at `now`, in microseconds since 1970.
    static func line(of path: CgroupPath, in store: EventStore, now: UInt64) -> String {
        var selection = EventSelection(since: now - min(now, lastHour))
        selection.line = path
        return store.newest(mostOfLine, of: selection)
            .map { PercentText.encoded($0.encoded) + "\n" }.joined()
    }

    private static func ask(_ serial: String) throws -> Reply {
        guard let reply = Reply(try ControlClient.ask([word, serial])) else {
            throw CgwardenError("cannot parse the daemon's events", .software)
        }
        return reply
    }

    /// Encodes a reply as a line with the last number, the number of lost events, the file and the
    /// failure; then a line for each event.
    static func text(
        _ batch: EventStore.Batch, after serial: UInt64, journal: String?, failure: String?
    ) -> String {
        let head = [
            "\(batch.last)", "\(serial == 0 ? 0 : batch.lost(after: serial))",
            PercentText.encoded(Array((journal ?? "").utf8)),
            PercentText.encoded(Array((failure ?? "").utf8)),
        ].joined(separator: "\t")
        return head + "\n" + batch.records.map { PercentText.encoded($0) + "\n" }.joined()
    }
}

extension DaemonEvents.Reply {
    /// Decodes a reply of ``DaemonEvents/text(_:after:journal:failure:)``; nil if it is malformed.
    init?(_ text: String) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: true)[...]
        let head = lines.popFirst()?.split(separator: "\t", omittingEmptySubsequences: false) ?? []
        guard head.count == 4, let last = UInt64(head[0]), let lost = UInt64(head[1]) else {
            return nil
        }
        let words = head[2...].map { String(decoding: PercentText.decoded($0), as: UTF8.self) }
        self.last = last
        self.lost = lost
        journal = words[0].isEmpty ? nil : words[0]
        failure = words[1].isEmpty ? nil : words[1]
        events = lines.compactMap { StoredEvent(decoding: PercentText.decoded($0)) }
    }
}
