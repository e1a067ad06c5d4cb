package import Actuation
internal import CgroupModel
package import Hierarchy

/// The results of a restore, as a table.
package struct RestoreReport {
    private let results: [RestoreResult]
    private let dryRun: Bool
    private let set: HierarchySet?

    /// Reports the results of a restore; `set` gives the present periods of v1 quotas.
    package init(_ results: [RestoreResult], dryRun: Bool = false, in set: HierarchySet? = nil) {
        self.results = results
        self.dryRun = dryRun
        self.set = set
    }

    /// Whether there was nothing to restore.
    package var isEmpty: Bool { results.isEmpty }

    /// The error of the command; nil if everything is restored.
    package var failure: CgwardenError? {
        let left = results.filter(\.isLeft)
        guard !left.isEmpty else { return nil }
        let kept = Set(left.filter { $0.entry.subject == .cgroup }.map(\.entry.path)).count
        let values = left.count { $0.entry.subject != .cgroup }
        let what = [
            kept == 0 ? nil : counted(kept, "cgroup was kept", "cgroups were kept"),
            values == 0
                ? nil : counted(values, "value was not restored", "values were not restored"),
        ].compactMap(\.self).joined(separator: ", ")
        let isForeign = left.contains { if case .foreign = $0.outcome { true } else { false } }
        let advice =
            isForeign ? ", and use --force to restore values that other programs changed" : ""
        return CgwardenError("\(what); see above\(advice)", .temporaryFailure)
    }

    /// A row for each entry; equal results of several hierarchies share one.
    package var text: String {
        if results.isEmpty { return "nothing to undo\n" }
        var rows = HierarchyRows()
        for result in results {
            let entry = result.entry
            rows.add(
                [
                    entry.path.description, entry.what,
                    Self.describe(
                        result, dryRun: dryRun, period: set.flatMap { entry.quotaPeriod(in: $0) }),
                ],
                hierarchy: entry.hierarchy)
        }
        return LeftTable(rows.cells).text
    }

    /// The outcome of one entry; `period` is that of a v1 quota, in microseconds.
    static func describe(
        _ result: RestoreResult, dryRun: Bool = false, period: UInt64? = nil
    ) -> String {
        let original = result.entry.shown(result.entry.original, period: period)
        let found = result.entry.shown(result.found ?? "", period: period)
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
        case .failed(let error):
            (result.entry.subject == .cgroup && error.code == .busy ? "kept: " : "failed: ")
                + error.message
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
