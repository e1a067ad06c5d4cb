#if Exporter
import NIOHTTP1

/// The timeout that Prometheus announces for a scrape.
enum ScrapeTimeout {
    private static let header = "X-Prometheus-Scrape-Timeout-Seconds"
    /// The seconds kept for sending the response.
    private static let reserve = 0.5

    /// Returns the time in which a response must be ready; nil if the client announces no timeout.
    ///
    /// This is the announced time less 0.5 s, but at least half of it.
    static func patience(_ headers: HTTPHeaders) -> Duration? {
        guard let text = headers.first(name: header), let seconds = Double(text),
            seconds > 0, seconds < 1e6
        else { return nil }
        return .seconds(max(seconds - reserve, seconds / 2))
    }
}

extension Response {
    /// Creates the response for a sample that is not ready in time.
    static func late(after patience: Duration) -> Response {
        .sentence(
            .serviceUnavailable,
            "the sample was not ready within \(patience); raise the scrape timeout")
    }
}
#endif
