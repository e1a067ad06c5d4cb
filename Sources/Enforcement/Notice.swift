internal import CgroupModel
public import Policy

/// Something that people are told.
public struct Notice: Hashable, Sendable {
    /// The sinks of the policy that it goes to, by name; `journald` is always one.
    public var sinks: [String]
    /// How loud.
    public var level: LogLevel
    /// One sentence, on one line and safe for a terminal.
    public let text: String
    /// What else is known, for a log with fields: `CGWARDEN_RULE`, `CGWARDEN_GROUP`.
    public let fields: [String: String]

    /// Joins the parts.
    public init(sinks: [String], level: LogLevel, text: String, fields: [String: String] = [:]) {
        self.sinks = sinks
        self.level = level
        self.text = text.onOneLine
        self.fields = fields.mapValues(\.onOneLine)
    }
}

/// Takes notices; it never blocks who sends them, and counts what it has to drop.
public protocol NoticeSink: Sendable {
    /// Queues a notice.
    func send(_ notice: Notice)
    /// Waits until all are sent or given up; false if that takes longer.
    func waitUntilSent(within time: Duration) -> Bool
}

extension NoticeSink {
    /// A sink that queues nothing has sent all.
    public func waitUntilSent(within time: Duration) -> Bool { true }
}
