/// A failure that standard error already explains; only the exit status remains to be set.
package struct ReportedFailure: Error {
    /// The exit status.
    package let status: Int32

    /// Creates a failure with its exit status.
    package init(status: Int32) { self.status = status }
}
