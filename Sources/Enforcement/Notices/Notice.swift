internal import CgroupModel
package import PolicyLanguage

/// A notice for users.
package struct Notice: Hashable, Sendable {
    /// The names of the policy's sinks that receive it; `journald` always does.
    package var sinks: [String]
    /// The severity.
    package var level: LogLevel
    /// One sentence on one line, safe for a terminal.
    package let text: String
    /// Additional fields for structured logs: `CGWARDEN_RULE`, `CGWARDEN_GROUP`.
    package let fields: [String: String]

    /// Creates a notice, with its text and fields each on one line.
    package init(sinks: [String], level: LogLevel, text: String, fields: [String: String] = [:]) {
        self.sinks = sinks
        self.level = level
        self.text = text.onOneLine
        self.fields = fields.mapValues(\.onOneLine)
    }
}

/// A receiver of notices, which never blocks the sender and counts what it drops.
package protocol NoticeSink: Sendable {
    /// Queues a notice.
    func send(_ notice: Notice)
    /// Waits until all notices are sent or given up; false on timeout.
    func waitUntilSent(within time: Duration) -> Bool
}

extension NoticeSink {
    /// True, because a sink without a queue has sent everything.
    package func waitUntilSent(within time: Duration) -> Bool { true }
}
