import Actuation
import ArgumentParser
import CgroupModel
import Hierarchy
import KernelIO
import Service

/// The state that all commands with actions share.
struct ActionContext {
    let set: HierarchySet
    /// The journal of earlier changes; nil if this user has no state directory.
    let knownJournal = try? StateDirectory.journal()

    /// The control files; values of systemd units are written through systemd.
    var files: any ControlFiles { StateDirectory.files(of: set) }

    init(_ options: SystemOptions) throws { set = try HierarchySet.discover(options.system) }

    /// Warns on standard error about values that the daemon manages.
    func tellOfClaims(on path: CgroupPath, _ notes: (DaemonClaims) -> [String]) {
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
struct RangeArgument: ExpressibleByArgument {
    let list: RangeList

    init?(argument: String) {
        guard let list = RangeList(argument), !list.isEmpty else { return nil }
        self.list = list
    }
}
