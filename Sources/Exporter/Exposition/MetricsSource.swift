package import CgroupModel

/// The source of the server's samples.
package protocol MetricsSource: Sendable {
    /// Returns a sample that is fresh enough to serve; nil before the first.
    func snapshot() async throws -> Snapshot?
}
