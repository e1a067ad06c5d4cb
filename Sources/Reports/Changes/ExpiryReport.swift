package import Actuation

/// The changes that were undone because their deadlines had passed.
package struct ExpiryReport {
    private let report: ExpiredChanges.Report

    /// Reports the results.
    package init(_ report: ExpiredChanges.Report) { self.report = report }

    /// A line for each entry, and one for a failure.
    package var lines: [String] {
        report.results.map { "\($0.entry.path) \($0.entry.what): \(RestoreReport.describe($0))" }
            + (report.failure.map { ["not undone: \($0.message)"] } ?? [])
    }
}
