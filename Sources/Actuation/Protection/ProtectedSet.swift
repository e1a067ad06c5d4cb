package import CgroupModel
package import Hierarchy
internal import KernelIO

/// Cgroups that are protected from disruptive actions, because they hold essential processes in any
/// hierarchy.
///
/// Essential processes are those that the host or its user depends on. Nothing is cached, because
/// a process may have moved in since the last check.
package struct ProtectedSet: Sendable {
    private let set: HierarchySet
    private let overridden: [CgroupPath]
    private let allowsKubelet: Bool
    private let spares: (@Sendable (CgroupPath) -> Bool)?

    /// Creates a set that examines the processes of a host.
    ///
    /// - Parameters:
    ///   - overridden: Cgroups that may be acted on although they hold a system process, such as
    ///     sshd. PID 1, kernel threads, this process and its callers stay protected.
    ///   - allowsKubelet: Whether the cgroups of a kubelet's pods may be acted on.
    ///   - spares: Selects further protected cgroups; their ancestors are protected as well.
    package init(
        _ set: HierarchySet, overridden: [CgroupPath] = [],
        allowsKubelet: Bool = false,
        spares: (@Sendable (CgroupPath) -> Bool)? = nil
    ) {
        self.set = set
        self.overridden = overridden
        self.allowsKubelet = allowsKubelet
        self.spares = spares
    }

    /// Why the action is refused, with advice; nil if it is allowed.
    package func refusal(of action: DisruptiveAction, on path: CgroupPath) -> String? {
        let verb = action == .limit ? "lower a limit of" : action.rawValue
        if path.isRoot {
            return "will not \(verb) /: it is the root of the whole host; name a cgroup below it"
        }
        if let reason = ownersRefusal(of: verb, on: path) { return reason }
        let roles = ProcessRoles(set.system)
        var asked: Set<Int32> = []
        for hierarchy in set.hierarchies {
            let members: Set<Int32>
            do throws(IOError) {
                guard let directory = try CgroupDirectory.existing(path, in: hierarchy) else {
                    continue
                }
                members = try directory.processesBelow()
                if let spared = try spared(at: directory) {
                    return "will not \(verb) \(path): the policy protects \(spared)"
                }
            } catch {
                if error.isGone { continue }
                return "will not \(verb) \(path): cannot list its processes: \(error) "
                    + "(hierarchy \(hierarchy.label))\(error.isPermission ? "; run as root" : "")"
            }
            for pid in members.sorted() where asked.insert(pid).inserted {
                guard let role = roles.role(of: pid), !isOverridden(role, path) else { continue }
                let place = role == .foreignNamespace ? "a process" : roles.named(pid)
                return "will not \(verb) \(path): in hierarchy \(hierarchy.label) it holds "
                    + "\(place), \(role.text); choose a cgroup without it"
            }
        }
        return nil
    }

    /// The first cgroup at or below a directory that the policy protects.
    private func spared(at directory: CgroupDirectory) throws(IOError) -> CgroupPath? {
        guard let spares else { return nil }
        var found: CgroupPath?
        try directory.visit { if found == nil, spares($0.path) { found = $0.path } }
        return found
    }

    /// Why no value of the cgroup may be changed, not even raised; nil if it may be.
    func refusalOfWriting(on path: CgroupPath) -> String? {
        ownersRefusal(of: "change", on: path)
    }

    private func ownersRefusal(of verb: String, on path: CgroupPath) -> String? {
        guard !allowsKubelet, set.hierarchies.contains(where: { $0.isKubelets(path) }) else {
            return nil
        }
        return "will not \(verb) \(path): the kubelet manages the values of its pods; "
            + "change the pod's resources instead (or allow_kubelet: true in a policy)"
    }

    private func isOverridden(_ role: ProcessRole, _ path: CgroupPath) -> Bool {
        [.login, .system, .runtime, .helper].contains(role)
            && overridden.contains(where: path.isWithin)
    }

    /// Throws if the action is refused.
    func check(_ action: DisruptiveAction, on path: CgroupPath) throws(ActuationError) {
        if let reason = refusal(of: action, on: path) { throw ActuationError(.refused, reason) }
    }
}

extension MountedHierarchy {
    /// Whether a kubelet manages a cgroup, according to its path.
    fileprivate func isKubelets(_ path: CgroupPath) -> Bool {
        let text = String(decoding: namespacedPath(of: path).bytes, as: UTF8.self)
        return OwnerPattern.owner(of: text.split(separator: "/").map(String.init))?.isKubelet
            ?? false
    }
}
