/// The two ways in which Prometheus and its relatives read metrics.
public enum ExpositionFormat: CaseIterable, Hashable, Sendable {
    /// The Prometheus text format 0.0.4.
    case text
    /// OpenMetrics 1.0.
    case openMetrics

    /// The media type to send; readers since Prometheus 3 insist on it.
    public var contentType: String {
        switch self {
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }
}
