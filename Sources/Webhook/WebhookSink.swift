#if Exporter
package import Enforcement
internal import KernelIO
internal import Policy
internal import Synchronization
package import WebClient

/// Posts notices as JSON to a URL, in order and one at a time.
///
/// Up to 256 notices wait; after that, the oldest is dropped. A failed post is retried after 1, 2
/// and 4 seconds, unless the server rejects it for good (4xx except 429).
package final class WebhookSink: NoticeSink {
    private let queue: BackgroundQueue<WebhookMessage>
    private let failures: Failures

    /// The waiting times between attempts.
    package static let pauses: [Duration] = [.seconds(1), .seconds(2), .seconds(4)]

    /// Posts to a URL; `certificates` is a file of authorities to trust instead of the system's.
    ///
    /// - Parameters:
    ///   - timeout: The time limit of one attempt.
    ///   - pauses: The waiting times between attempts.
    ///   - failed: Receives the message about the first failure after a success, and about each
    ///     notice that is given up.
    package init(
        _ url: WebURL, tokenFile: String? = nil, timeout: Duration = .seconds(3),
        certificates: String? = nil, pauses: [Duration] = WebhookSink.pauses,
        failed: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        let failures = Failures()
        self.failures = failures
        let exchange = WebExchange(url, timeout: timeout, certificates: certificates)
        queue = BackgroundQueue("cgw-webhook", capacity: 256) { message in
            var reason = ""
            for pause in pauses.map(Optional.some) + [nil] {
                do {
                    let token = try tokenFile.map { try WebhookToken.read($0) }
                    let request = WebRequest(
                        url.target, json: message.body, authorization: token.map { "Bearer \($0)" })
                    let status = try exchange.send(request).status
                    if (200..<300).contains(status) {
                        failures.isReported.store(false, ordering: .relaxed)
                        return
                    }
                    reason = "HTTP \(status)"
                    // 429 asks the client to retry later.
                    if (400..<500).contains(status), status != 429 { break }
                } catch {
                    reason = "\(error)"
                }
                guard let pause else { continue }
                if !failures.isReported.exchange(true, ordering: .relaxed) {
                    failed("webhook \(url.authority) failed: \(reason); trying again")
                }
                Pause.sleep(pause)
            }
            failures.count.add(1, ordering: .relaxed)
            failed("webhook \(url.authority) failed: \(reason); the notice is lost")
        }
    }

    private final class Failures: Sendable {
        let count = Atomic<UInt64>(0)
        /// Whether the current failure was reported; false again after a success.
        let isReported = Atomic<Bool>(false)
    }

    /// The number of notices dropped because the queue was full or delivery failed.
    package var dropped: UInt64 { queue.dropped + failures.count.load(ordering: .relaxed) }

    /// Queues a notice.
    package func send(_ notice: Notice) {
        queue.add(WebhookMessage(notice, wallMicroseconds: MonotonicClock.wallMicroseconds))
    }

    /// Waits until all notices are sent or given up; false on timeout.
    package func waitUntilSent(within time: Duration) -> Bool { queue.waitUntilEmpty(within: time) }
}
#endif
