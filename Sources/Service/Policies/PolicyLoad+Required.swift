import KernelIO
import PolicyLanguage
import Reports

extension PolicyLoad {
    /// Returns the policy, after writing its findings to standard error unless `isQuiet`.
    ///
    /// For refused files, always writes the findings and throws ``ReportedFailure`` with status 2.
    func required(isQuiet: Bool = false) throws -> PolicyDocument {
        if !isQuiet || isRefused {
            for finding in findings { StandardOutput.complain("\(finding)") }
        }
        guard let document else { throw ReportedFailure(status: 2) }
        return document
    }
}
