import Actuation
import ArgumentParser
import CgroupModel
import Hierarchy
import KernelIO
import Reports
import Service

/// The state that all commands with actions share.
struct ActionContext {
    let set: HierarchySet
    /// The control files; values of systemd units are written through systemd.
    let files: any ControlFiles
    /// The arguments that make a helper use the same cgroup file systems.
    private let helperArguments: [String]

    init(_ options: SystemOptions) throws {
        set = try HierarchySet.discover(options.system)
        files = StateDirectory.files(of: set)
        helperArguments = options.cgroupRootArguments
    }

    /// Returns the context of actions whose writes may go through systemd.
    func routed(_ journal: UndoJournal? = nil) -> ActingContext { acting(on: files, journal) }

    /// Returns the context of a change, with writes through systemd, that expires.
    ///
    /// Undoes overdue changes first.
    func changing(_ expiry: Expiry = .none) throws -> ActingContext {
        try changing(files, expiry)
    }

    /// Returns the context of a change, with direct writes, that expires.
    ///
    /// Undoes overdue changes first.
    func changingDirectly(_ expiry: Expiry = .none) throws -> ActingContext {
        try changing(KernelControlFiles(), expiry)
    }

    private func changing(_ files: any ControlFiles, _ expiry: Expiry) throws -> ActingContext {
        let journal = try StateDirectory.journal()
        undoOverdue(journal)
        return try acting(on: files, journal).expiring(
            expiry, by: UndoProgram.own.with(helperArguments))
    }

    /// Undoes changes whose deadlines have passed and whose helpers died, and reports them on
    /// standard error.
    func undoOverdue(_ journal: UndoJournal) {
        let report = ExpiredChanges(set: set, journal: journal, files: self.files).undoOverdue()
        for line in ExpiryReport(report).lines {
            StandardOutput.complain("cgwarden: note: expired: \(line)")
        }
    }

    /// Returns the context of actions that write to the kernel's files directly.
    func direct(_ journal: UndoJournal? = nil) -> ActingContext {
        acting(on: KernelControlFiles(), journal)
    }

    private func acting(on files: any ControlFiles, _ journal: UndoJournal?) -> ActingContext {
        ActingContext(
            set, files: files, journal: journal,
            thawGuard: .own(state: try? StateDirectory.path()))
    }

    /// Warns on standard error about values that the daemon manages.
    func noteClaims(on path: CgroupPath, _ notes: (DaemonClaims) -> [String]) {
        for note in notes(DaemonClaims(on: path, in: set)) {
            StandardOutput.complain("cgwarden: note: \(note)")
        }
    }

    func resolve(_ text: String) async throws -> CgroupPath {
        try await CgroupLookup(set).resolve(text)
    }
}

/// A comma-separated list of controllers.
struct ControllerList {
    let controllers: [Controller]

    init(parsing text: String) throws {
        controllers = try text.split(separator: ",").map { name in
            guard let controller = Controller(name: String(name)) else {
                let known = Controller.allCases.filter { $0 != .core }.map(\.rawValue)
                throw ValidationError(unknown: "controller", String(name), among: known)
            }
            return controller
        }
        if controllers.isEmpty { throw ValidationError("name at least one controller") }
    }
}

/// A list of CPUs or memory nodes on the command line: `0-3,8`.
struct RangeArgument: ExpressibleByArgument, ExpectedValue {
    static let expected = "numbers and ranges: 0-3,8"

    let list: RangeList

    init?(argument: String) {
        guard let list = RangeList(argument), !list.isEmpty else { return nil }
        self.list = list
    }
}
