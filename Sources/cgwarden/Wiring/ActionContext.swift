import Actuation
import ArgumentParser
import CgroupModel
import Hierarchy
import KernelIO

/// What the commands that act have in common.
struct ActionContext {
    let set: HierarchySet
    /// Where what was done before stands; nil if there is no place for one.
    let knownJournal = try? StateDirectory.journal()

    /// Through systemd where it keeps them.
    var files: any ControlFiles { StateDirectory.files(of: set) }

    init(_ options: SystemOptions) throws { set = try HierarchySet.discover(options.system) }

    /// Says on standard error what the daemon keeps of what is about to change.
    func tellOfClaims(on path: CgroupPath, _ notes: (DaemonClaims) -> [String]) {
        for note in notes(DaemonClaims(on: path, in: set)) {
            StandardOutput.complain("cgwarden: note: \(note)")
        }
    }

    func resolve(_ text: String) async throws -> CgroupPath {
        try await CgroupLookup(set).resolve(text)
    }
}

/// Names of controllers, separated by commas.
struct ControllerList {
    let controllers: [Controller]

    init(parsing text: String) throws {
        controllers = try text.split(separator: ",").map { name in
            guard let controller = Controller(name: String(name)) else {
                let known = Controller.allCases.filter { $0 != .core }.map(\.rawValue)
                throw ValidationError(
                    "there is no controller \(name); there are \(known.joined(separator: ", "))")
            }
            return controller
        }
        if controllers.isEmpty { throw ValidationError("--controllers needs at least one name.") }
    }
}

/// CPUs or memory nodes on the command line: `0-3,8`.
struct RangeArgument: ExpressibleByArgument {
    let list: RangeList

    init?(argument: String) {
        guard let list = RangeList(argument), !list.isEmpty else { return nil }
        self.list = list
    }
}

extension Duration {
    /// The time for a person: `60s`, `500ms`.
    var shortText: String {
        milliseconds.isMultiple(of: 1000) ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }
}

/// `1 process`, `3 processes`.
func counted(_ count: Int, _ one: String, _ many: String) -> String {
    "\(count) \(count == 1 ? one : many)"
}
