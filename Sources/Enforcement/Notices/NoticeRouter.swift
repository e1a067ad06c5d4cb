internal import KernelIO
internal import Policy
internal import Synchronization

/// Sends a notice to journald, and to the sinks that it names.
public final class NoticeRouter: NoticeSink {
    private let journal: any NoticeSink
    private let sinks: Mutex<[String: any NoticeSink]>

    /// Knows these sinks by the policy's names; `journald` needs none.
    public init(journal: any NoticeSink, sinks: [String: any NoticeSink] = [:]) {
        self.journal = journal
        self.sinks = Mutex(sinks)
    }

    /// Goes on with the sinks of another policy.
    public func adopt(_ sinks: [String: any NoticeSink]) { self.sinks.withLock { $0 = sinks } }

    /// Passes a notice on.
    public func send(_ notice: Notice) {
        journal.send(notice)
        let sinks = sinks.withLock { $0 }
        for name in notice.sinks where name != "journald" { sinks[name]?.send(notice) }
    }

    /// Waits until all sinks have sent what they have, all of them within one time.
    public func waitUntilSent(within time: Duration) -> Bool {
        let deadline = Deadline(after: time)
        return ([journal] + sinks.withLock { Array($0.values) }).reduce(true) { isSent, sink in
            sink.waitUntilSent(within: .milliseconds(deadline.milliseconds)) && isSent
        }
    }
}
