#if Exporter
import NIOHTTP1

/// How long a Prometheus waits for an answer.
enum ScrapeTimeout {
    private static let header = "X-Prometheus-Scrape-Timeout-Seconds"
    /// What is left for the way back.
    private static let reserve = 0.5

    /// How long an answer may take; nil for a client that does not say how long it waits.
    ///
    /// Half a second less than announced, half of it when there is no more than one second.
    static func patience(_ headers: HTTPHeaders) -> Duration? {
        guard let text = headers.first(name: header), let seconds = Double(text),
            seconds > 0, seconds < 1e6
        else { return nil }
        return .seconds(max(seconds - reserve, seconds / 2))
    }
}

extension Response {
    /// There is no answer in time.
    static func late(after patience: Duration) -> Response {
        .sentence(
            .serviceUnavailable,
            "The sample was not ready within \(patience); raise the scrape timeout.")
    }
}
#endif
