/// The exposition formats that Prometheus and compatible scrapers read.
package enum ExpositionFormat: CaseIterable, Hashable, Sendable {
    /// The Prometheus text format 0.0.4.
    case text
    /// OpenMetrics 1.0.
    case openMetrics

    /// The media type to send; scrapers since Prometheus 3 require it.
    package var contentType: String {
        switch self {
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }
}
