package import CgroupModel
package import Hierarchy
internal import KernelIO

/// The place of transient cgroups: a parent and the hierarchies.
package struct TransientPlace: Sendable {
    /// The controllers that every run uses for accounting and cleanup.
    private static let accounting: [Controller] = [
        .pids, .memory, .cpuacct, .freezer, .io, .cpu,
    ]

    /// The parent of the transient cgroups, which has no processes of its own.
    package let parent: CgroupPath
    /// The hierarchies that every run is in.
    package let hierarchies: [MountedHierarchy]
    /// All hierarchies of the host.
    package let set: HierarchySet
    /// The controllers that must be enabled in a unified hierarchy for the limits.
    let required: [Controller]
    /// The controllers that are enabled there if possible.
    let wanted: [Controller]

    /// Chooses the hierarchies that the `limited` controllers and the accounting need, and the
    /// parent.
    ///
    /// The default parent is `/cgwarden` for root, and otherwise `cgwarden` in the topmost cgroup
    /// delegated to the user.
    package init(
        _ set: HierarchySet, limiting limited: [Controller], parent: CgroupPath? = nil,
        user: UInt32
    ) throws(ActuationError) {
        try parent?.checkNames()
        self.set = set
        // Limits of the cgroup core need v2 but no controller.
        required = limited.filter { $0 != .core }
        wanted = Self.accounting.map { $0 == .cpuacct ? .cpu : $0 } + required
        var trees: [MountedHierarchy] = []
        for controller in Self.accounting + limited {
            guard let tree = Self.tree(of: controller, in: set) else {
                guard limited.contains(controller) else { continue }
                throw ActuationError(.unavailable, set.absence(of: controller))
            }
            if !trees.contains(tree) { trees.append(tree) }
        }
        guard !trees.isEmpty else {
            throw ActuationError(.unavailable, "no hierarchy on this host has a controller")
        }
        hierarchies = trees
        if let parent {
            self.parent = parent
        } else if user == 0 {
            self.parent = CgroupPath("/cgwarden")
        } else {
            self.parent = try Self.delegated(in: set).child(Array("cgwarden".utf8))
        }
    }

    /// Returns the hierarchy of a controller; nil if none has it.
    ///
    /// On v2 alone, the unified hierarchy also provides freezing and CPU accounting.
    private static func tree(of controller: Controller, in set: HierarchySet) -> MountedHierarchy? {
        if let index = set.legacy(controller) { return set.hierarchies[index] }
        guard let index = set.unified else { return nil }
        let unified = set.hierarchies[index]
        let holds = controller == .core || unified.controllers.contains(controller)
        let isOwn = controller == .freezer || controller == .cpuacct
        return holds || isOwn && set.mode == .v2 ? unified : nil
    }

    /// Returns the topmost cgroup on this process's path that is delegated to the user.
    private static func delegated(in set: HierarchySet) throws(ActuationError) -> CgroupPath {
        guard set.mode == .v2, let index = set.unified else {
            throw ActuationError(
                .notPermitted, "v1 cgroups are not delegated to users; run as root")
        }
        let hierarchy = set.hierarchies[index]
        let own = ownPath(in: hierarchy, set.system)
        var path: CgroupPath = .root
        var names = own.bytes.split(separator: UInt8(ascii: "/"))[...]
        while true {
            if isDelegated(path, in: hierarchy) { return path }
            guard let next = names.popFirst() else { break }
            path = path.child(next)
        }
        throw ActuationError(
            .notPermitted,
            "no cgroup above \(own) is delegated to this user, and no user manager runs; "
                + "start one (loginctl enable-linger), run in a unit with Delegate=yes, or run as "
                + "root")
    }

    private static func ownPath(
        in hierarchy: MountedHierarchy, _ system: SystemRoot
    ) -> CgroupPath {
        let bytes = (try? ReadBuffer.contents(of: system.proc("self/cgroup"))) ?? []
        return hierarchy.line(in: ProcCgroup.parse(bytes)).flatMap {
            hierarchy.visiblePath($0.path)
        } ?? .root
    }

    /// Whether the user may create child cgroups here and move processes into them.
    private static func isDelegated(_ path: CgroupPath, in hierarchy: MountedHierarchy) -> Bool {
        guard let directory = try? CgroupDirectory(path, in: hierarchy) else { return false }
        return directory.descriptor.isWritable(".")
            && directory.descriptor.isWritable("cgroup.procs")
    }
}
