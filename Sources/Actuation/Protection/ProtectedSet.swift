public import CgroupModel
public import Hierarchy
internal import KernelIO

/// The cgroups that nothing disruptive is done to: those that hold a process which the machine, or
/// the person at it, cannot do without, in any of the trees.
///
/// Nothing is kept: each question looks anew, since a process may have moved in since the last one.
public struct ProtectedSet: Sendable {
    private let set: HierarchySet
    private let system: SystemRoot

    /// Looks at the processes of a machine.
    public init(set: HierarchySet, system: SystemRoot) {
        self.set = set
        self.system = system
    }

    /// Why the action is refused, with what to do; nil if it may go on.
    public func refusal(of action: Action, on path: CgroupPath) -> String? {
        let verb = action == .limit ? "lower a limit of" : action.rawValue
        if path.isRoot {
            return "will not \(verb) /: it is the whole machine; name a cgroup below it"
        }
        let roles = ProcessRoles(system)
        for hierarchy in set.hierarchies {
            guard let directory = try? CgroupDirectory(path, in: hierarchy) else { continue }
            guard let members = try? directory.processesBelow() else {
                return "will not \(verb) \(path): cannot see who is in it "
                    + "(hierarchy \(hierarchy.label)); run as root"
            }
            for pid in members.sorted() {
                guard let role = roles.role(of: pid) else { continue }
                let place = role == .foreignNamespace ? "a process" : roles.named(pid)
                return "will not \(verb) \(path): in hierarchy \(hierarchy.label) it holds "
                    + "\(place), \(role.text); choose a cgroup without it"
            }
        }
        return nil
    }

    /// Throws the refusal.
    func check(_ action: Action, on path: CgroupPath) throws(ActuationError) {
        if let reason = refusal(of: action, on: path) { throw ActuationError(.refused, reason) }
    }
}
