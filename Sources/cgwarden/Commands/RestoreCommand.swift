import Actuation
import ArgumentParser
import CgroupModel
import Hierarchy
import KernelIO
import Reports
import Service

/// Restores what cgwarden has changed.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Undo changes made by cgwarden.",
        discussion: """
            Restores the original values of limits, moves processes back, and removes cgroups that \
            this program created if they are empty. It works after any crash and can be repeated. \
            Values that something else has changed since are left alone and reported (exit status \
            75), unless --force is given. The same holds for values in a hierarchy that is not \
            mounted here.

            --change undoes one change: each value returns to what it was before that change, which \
            may be the value of an earlier one. Values that were set again since are left alone.

            A journal that other users could have written is refused. A damaged one is refused \
            unless --force is given, which restores the readable part and moves the file aside.

            Examples:
              cgwarden restore                 everything
              cgwarden restore /build          one cgroup and its descendants
              cgwarden restore --owner daemon  changes of the daemon only
              cgwarden restore --since -10m    the changes of the last ten minutes
              cgwarden restore --change 12     only this change
              cgwarden restore --dry-run
            """)

    @OptionGroup var options: SystemOptions
    @OptionGroup var state: StateDirectoryOption
    @Argument(help: "Cgroup to restore with its descendants; all by default.", completion: .cgroup)
    var cgroup: String?
    @Option(
        help: "Changes to undo: all, daemon or person.",
        completion: .words(["all", "daemon", "person"]), transform: RestoreCommand.owners)
    var owner = ChangeOwners.all
    @Option(
        parsing: .unconditional,
        help: "Time since which changes are undone: -10m, HH:MM:SS, RFC 3339.")
    var since: WrittenTime?
    @Option(
        help: ArgumentHelp(
            "Number of a change, to undo only that; see `cgwarden journal`.", valueName: "number"))
    var change: UInt64?
    @Flag(help: "Only the cgroup itself, without its descendants.") var exact = false
    @Flag(help: "Also restore values changed by other programs since.") var force = false
    @Flag(help: "Show what would be written, without writing.") var dryRun = false

    func validate() throws {
        if exact, cgroup == nil { throw ValidationError("--exact needs a cgroup") }
        if change != nil, since != nil || owner != .all {
            throw ValidationError("--change is mutually exclusive with --since and --owner")
        }
    }

    func run() async throws {
        let set = try HierarchySet.discover(options.system)
        let journal = try StateDirectory.journalToRead()
        let restorer = Restorer(set: set, journal: journal, files: StateDirectory.files(of: set))
        let start = try since.map { try $0.instant(before: MonotonicClock.wallMicroseconds) } ?? 0
        let path = try await chosen(journal, set)
        let results =
            try change.map { try revert($0, path, journal, set) }
            ?? restorer.restore(path, owners: owner, force: force, dryRun: dryRun) {
                $0.wallTime >= start && (!exact || $0.path == path)
            }
        // Overdue changes that were not selected; the others are in the results.
        if !dryRun, cgroup != nil || owner != .all || since != nil || change != nil {
            try ActionContext(options).undoOverdue(journal)
        }
        // An empty journal of this user says nothing about changes by root's daemon.
        if results.isEmpty { try StateDirectory.requireSystem() }
        let report = RestoreReport(results, dryRun: dryRun, in: set)
        try StandardOutput.write(Array(report.text.utf8), failure: report.failure)
    }

    /// Undoes one change; throws if it has no value in force.
    private func revert(
        _ number: UInt64, _ path: CgroupPath?, _ journal: UndoJournal, _ set: HierarchySet
    ) throws -> [RestoreResult] {
        let reverter = ChangeReverter(
            set: set, journal: journal, files: StateDirectory.files(of: set))
        let results = try reverter.revert(number, force: force, dryRun: dryRun) { entry in
            path.map { exact ? entry.path == $0 : entry.path.isWithin($0) } ?? true
        }
        if results.isEmpty {
            throw CgwardenError(
                "change \(number) is not in force: it was undone, or its values were set again; "
                    + "`cgwarden journal` lists the changes in force", .noInput)
        }
        return results
    }

    @Sendable private static func owners(_ text: String) throws -> ChangeOwners {
        guard let owners = ChangeOwners(rawValue: text) else {
            throw ValidationError(unknown: "owner", text, among: ["all", "daemon", "person"])
        }
        return owners
    }

    /// Returns the chosen cgroup: a path, or a name that is unique in the journal.
    ///
    /// The cgroup itself may no longer exist.
    private func chosen(
        _ journal: UndoJournal, _ set: HierarchySet
    ) async throws -> CgroupPath? {
        guard let cgroup else { return nil }
        let paths = Set(try journal.entries().map(\.path))
        let named = paths.filter {
            !cgroup.contains("/")
                && ($0.name == cgroup || $0.nameBytes.elementsEqual(cgroup.utf8))
        }.sorted()
        if named.count > 1 {
            let places = named.map(\.description).joined(separator: ", ")
            throw CgwardenError(
                "\(named.count) cgroups in the journal are named \(cgroup); use the path: "
                    + places, .noInput)
        }
        if let path = named.first { return path }
        let path = try CgroupLookup(set).path(cgroup)
        // A byte that is not UTF-8 can only be typed in its escaped form.
        if let spelled = paths.first(where: { $0.description == path.description }) {
            return spelled
        }
        let isKnown =
            paths.contains { $0.isWithin(path) }
            || set.hierarchies.contains { (try? CgroupDirectory(path, in: $0)) != nil }
        guard isKnown else {
            if let change = UInt64(cgroup) {
                throw CgwardenError(
                    "no cgroup \(path); for a change: cgwarden restore --change \(change)", .noInput
                )
            }
            let present = try await CgroupLookup(set).cgroups().map(\.path)
            throw HierarchyError.noSuchCgroup(
                path.description,
                similar: CgroupLookup.similar(
                    to: cgroup, path, among: Array(paths.union(present))))
        }
        return path
    }
}
