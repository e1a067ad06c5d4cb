#if Exporter
public import Enforcement
internal import KernelIO
internal import NIOCore
internal import NIOSSL
internal import Policy
internal import Synchronization

/// Posts notices as JSON to a URL, in their order and one at a time.
///
/// Up to 256 wait, and the oldest gives way. One that the server does not take is tried again
/// after 1, 2 and 4 seconds, unless the server says that it never will (4xx).
public final class WebhookSink: NoticeSink {
    private let queue: BackgroundQueue<WebhookMessage>
    private let failures: Failures

    /// The waiting times between attempts.
    public static let pauses: [Duration] = [.seconds(1), .seconds(2), .seconds(4)]

    /// Posts to a URL; `certificates` is a file of authorities to trust instead of the system's.
    ///
    /// - Parameters:
    ///   - timeout: What one attempt may take.
    ///   - pauses: The waiting times between attempts.
    ///   - failed: Is told why at the first failure, until a notice gets through again, and for
    ///     each notice that is given up.
    public init(
        _ url: WebhookURL, tokenFile: String? = nil, timeout: Duration = .seconds(3),
        certificates: String? = nil, pauses: [Duration] = WebhookSink.pauses,
        failed: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        let failures = Failures()
        self.failures = failures
        let exchange = WebhookExchange(url: url, timeout: timeout, certificates: certificates)
        queue = BackgroundQueue("cgw-webhook", capacity: 256) { message in
            var reason = ""
            for pause in pauses.map(Optional.some) + [nil] {
                do {
                    let token = try tokenFile.map { try WebhookToken.read($0) }
                    let status = try exchange.post(message.body, token: token)
                    if (200..<300).contains(status) {
                        failures.isTold.store(false, ordering: .relaxed)
                        return
                    }
                    reason = "HTTP \(status)"
                    // 429 asks for patience.
                    if (400..<500).contains(status), status != 429 { break }
                } catch {
                    reason = "\(error)"
                }
                guard let pause else { continue }
                if !failures.isTold.exchange(true, ordering: .relaxed) {
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
        /// Whether the failure was told, and nothing got through since.
        let isTold = Atomic<Bool>(false)
    }

    /// How many notices were dropped, since too many waited or the server rejected them.
    public var dropped: UInt64 { queue.dropped + failures.count.load(ordering: .relaxed) }

    /// Queues a notice.
    public func send(_ notice: Notice) {
        queue.add(WebhookMessage(notice, wallMicroseconds: MonotonicClock.wallMicroseconds))
    }

    /// Waits until all are sent or given up; false if that takes longer.
    public func waitUntilSent(within time: Duration) -> Bool { queue.waitUntilEmpty(within: time) }
}
#endif
