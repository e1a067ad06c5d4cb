import Actuation
import ArgumentParser
import CgroupModel
import Hierarchy
import KernelIO

/// Puts back what cgwarden has changed.
struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Put back what cgwarden has changed.",
        discussion: """
            Limits get their old values, processes go back to where they were, and cgroups that \
            were made are removed if they are empty. \
            It works after any crash, and as often as you like. What someone else has changed \
            since is left alone and reported (exit status 75), unless --force is given.

            Examples:
              cgwarden restore                 everything
              cgwarden restore /build          one cgroup and those below it
              cgwarden restore --dry-run
            """)

    @OptionGroup var options: SystemOptions
    @Argument(help: "The cgroup, with those below it; all without it.", completion: .cgroup)
    var cgroup: String?
    @Flag(help: "Also put back what someone else has changed since.") var force = false
    @Flag(help: "Show what would be written, and write nothing.") var dryRun = false

    func run() throws {
        let set = try HierarchySet.discover(options.system)
        let journal = try StateDirectory.journalToRead()
        let restorer = Restorer(set: set, journal: journal, files: StateDirectory.files(of: set))
        let results = try restorer.restore(chosen(journal), force: force, dryRun: dryRun)
        // Nothing of one's own to undo says nothing of what root's daemon did.
        if results.isEmpty { try StateDirectory.requireSystem() }
        try StandardOutput.write(text(results))
        let left = results.filter(\.isLeft)
        if !left.isEmpty {
            let count = left.count == 1 ? "1 value is" : "\(left.count) values are"
            throw CgwardenError(
                "\(count) not what they were; see above, and use --force to put back what others "
                    + "have changed", .temporaryFailure)
        }
    }

    /// A path, or a name that only one cgroup of the journal has; the cgroup itself may be gone.
    private func chosen(_ journal: UndoJournal) throws -> CgroupPath? {
        guard let cgroup else { return nil }
        let paths = Set(try journal.entries().map(\.path))
        let named = paths.filter { !cgroup.contains("/") && $0.name == cgroup }.sorted()
        if named.count > 1 {
            let places = named.map(\.description).joined(separator: ", ")
            throw CgwardenError(
                "\(named.count) cgroups of the journal are named \(cgroup); give the path: "
                    + places, .noInput)
        }
        return named.first ?? CgroupPath(cgroup)
    }

    private func text(_ results: [RestoreResult]) -> String {
        if results.isEmpty { return "nothing to undo\n" }
        var rows = HierarchyRows()
        for result in results {
            let entry = result.entry
            rows.add(
                [entry.path.description, entry.what, describe(result)], hierarchy: entry.hierarchy)
        }
        return LeftTable(rows.cells).text
    }

    private func describe(_ result: RestoreResult) -> String {
        let original = result.entry.shown(result.entry.original)
        let found = result.entry.shown(result.found ?? "")
        return switch result.outcome {
        case .restored: put(result.entry, back: original, from: found)
        case .already: "is \(original) already"
        case .gone: "gone"
        case .kept: "left alone: a command set it to \(found)"
        case .foreign: "left alone: someone set it to \(found); it was \(original)"
        case .residue(let text):
            original == "(empty)"
                ? "set to \(text), all of the parent's, since it cannot be empty now"
                : "stays \(found), since \(text) is below it"
        case .failed(let error): "failed: \(error.message)"
        }
    }

    private func put(_ entry: JournalEntry, back original: String, from found: String) -> String {
        switch entry.subject {
        case .value: dryRun ? "would write \(original), is \(found)" : "restored to \(original)"
        case .cgroup: dryRun ? "would be removed" : "removed"
        case .process: dryRun ? "would move back to \(original)" : "moved back to \(original)"
        }
    }
}
