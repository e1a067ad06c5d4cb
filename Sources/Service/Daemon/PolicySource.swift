import Hierarchy
import Logging
import PolicyLanguage
import Reports

/// The source of the policy, at startup and at each reload.
struct PolicySource: Sendable {
    private let paths: [String]
    private let isDryRun: Bool
    private let interval: Duration?
    private let system: SystemRoot

    init(_ settings: DaemonConfiguration, _ set: HierarchySet) {
        paths = settings.policies
        isDryRun = settings.isDryRun
        interval = settings.interval
        system = set.system
    }

    /// Reads all files; an error in any file refuses them all.
    ///
    /// Passes warnings to `note`. A single error is thrown; several are passed to `note` in order.
    func load(_ note: (PolicyFinding) -> Void) throws -> PolicyDocument {
        // The default directory may be missing; a daemon without policies only measures.
        let isUsual = paths == [PolicyFiles.usual]
        if isUsual, !PolicyFiles.exist(at: PolicyFiles.usual) { return adjusted(PolicyDocument()) }
        let load = try PolicyFiles.load(paths, on: system)
        guard let document = load.document else {
            let errors = load.findings.filter { $0.severity == .error }
            guard errors.count > 1 else {
                throw CgwardenError(
                    errors.first.map { "\($0)" } ?? "the policy was rejected", .configuration)
            }
            for error in errors { note(error) }
            throw CgwardenError("the policy has \(errors.count) errors", .configuration)
        }
        for finding in load.findings { note(finding) }
        return adjusted(document)
    }

    private func adjusted(_ document: PolicyDocument) -> PolicyDocument {
        var document = document
        if isDryRun { document.defaults.isDryRun = true }
        if let interval { document.defaults.interval = interval }
        return document
    }
}

extension Logger {
    /// Logs a finding in a policy.
    func note(_ finding: PolicyFinding) {
        log(level: finding.severity == .error ? .error : .warning, "\(finding)")
    }
}
