package import Actuation
internal import CgroupModel

/// The results of a restore, as a table.
package struct RestoreReport {
    private let results: [RestoreResult]
    private let dryRun: Bool

    /// Reports the results of a restore.
    package init(_ results: [RestoreResult], dryRun: Bool = false) {
        self.results = results
        self.dryRun = dryRun
    }

    /// Whether there was nothing to restore.
    package var isEmpty: Bool { results.isEmpty }

    /// The error of the command; nil if everything is restored.
    package var failure: CgwardenError? {
        let left = results.filter(\.isLeft)
        guard !left.isEmpty else { return nil }
        let count = left.count == 1 ? "1 value was" : "\(left.count) values were"
        return CgwardenError(
            "\(count) not restored; see above, and use --force to restore values that "
                + "other programs changed", .temporaryFailure)
    }

    /// A row for each entry; equal results of several hierarchies share one.
    package var text: String {
        if results.isEmpty { return "nothing to undo\n" }
        var rows = HierarchyRows()
        for result in results {
            let entry = result.entry
            rows.add(
                [entry.path.description, entry.what, Self.describe(result, dryRun: dryRun)],
                hierarchy: entry.hierarchy)
        }
        return LeftTable(rows.cells).text
    }

    /// The outcome of one entry.
    static func describe(_ result: RestoreResult, dryRun: Bool = false) -> String {
        let original = result.entry.shown(result.entry.original)
        let found = result.entry.shown(result.found ?? "")
        return switch result.outcome {
        case .restored: put(result.entry, back: original, from: found, dryRun: dryRun)
        case .already: "is already \(original)"
        case .gone: "gone"
        case .kept: "left alone: a command set it to \(found)"
        case .overridden: "the daemon's \(found) is in force; it returns to \(original)"
        case .foreign: "left alone: something else set it to \(found); original \(original)"
        case .beingWritten(let process):
            "being changed by process \(process.pid) of cgwarden; run restore again"
        case .residue(let text):
            original == "(empty)"
                ? "set to \(text), all of the parent's, because it cannot be empty now"
                : "stays \(found), because \(text) is below it"
        case .failed(let error): "failed: \(error.message)"
        }
    }

    private static func put(
        _ entry: JournalEntry, back original: String, from found: String, dryRun: Bool
    ) -> String {
        switch entry.subject {
        case .value: dryRun ? "would write \(original), is \(found)" : "restored to \(original)"
        case .cgroup: dryRun ? "would be removed" : "removed"
        case .process: dryRun ? "would move back to \(original)" : "moved back to \(original)"
        }
    }
}
