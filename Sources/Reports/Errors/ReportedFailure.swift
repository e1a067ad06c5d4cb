/// A failure that standard error already explains, so that only the exit status is left to say.
package struct ReportedFailure: Error {
    /// The exit status.
    package let status: Int32

    /// Creates a failure with its exit status.
    package init(status: Int32) { self.status = status }
}
