public import CgroupModel

/// Where the server gets samples from.
public protocol MetricsSource: Sendable {
    /// A sample that is fresh enough to serve; nil before there is a first one.
    func snapshot() async throws -> Snapshot?
}
