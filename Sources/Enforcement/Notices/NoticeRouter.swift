internal import Policy

/// Sends a notice to journald, and to the sinks that it names.
public struct NoticeRouter: NoticeSink {
    private let journal: any NoticeSink
    private let sinks: [String: any NoticeSink]

    /// Knows these sinks by the policy's names; `journald` needs none.
    public init(journal: any NoticeSink, sinks: [String: any NoticeSink] = [:]) {
        self.journal = journal
        self.sinks = sinks
    }

    /// Passes a notice on.
    public func send(_ notice: Notice) {
        journal.send(notice)
        for name in notice.sinks where name != "journald" { sinks[name]?.send(notice) }
    }
}
