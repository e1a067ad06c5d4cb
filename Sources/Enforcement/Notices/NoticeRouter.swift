internal import KernelIO
internal import Policy
internal import Synchronization

/// Sends each notice to journald and to the sinks that it names.
package final class NoticeRouter: NoticeSink {
    private let journal: any NoticeSink
    private let sinks: Mutex<[String: any NoticeSink]>

    /// Uses the sinks by their names in the policy; `journald` needs no entry.
    package init(journal: any NoticeSink, sinks: [String: any NoticeSink] = [:]) {
        self.journal = journal
        self.sinks = Mutex(sinks)
    }

    /// Switches to the sinks of another policy.
    package func adopt(_ sinks: [String: any NoticeSink]) { self.sinks.withLock { $0 = sinks } }

    /// Sends a notice to its sinks.
    package func send(_ notice: Notice) {
        journal.send(notice)
        let sinks = sinks.withLock { $0 }
        for name in notice.sinks where name != "journald" { sinks[name]?.send(notice) }
    }

    /// Waits until all sinks have sent their notices; `time` is for all of them together.
    package func waitUntilSent(within time: Duration) -> Bool {
        let deadline = Deadline(after: time)
        return ([journal] + sinks.withLock { Array($0.values) }).reduce(true) { isSent, sink in
            sink.waitUntilSent(within: .milliseconds(deadline.milliseconds)) && isSent
        }
    }
}
