package import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Removes cgroups that have no processes.
package struct CgroupRemover: Sendable {
    /// The result of a removal.
    package struct Removed: Sendable {
        /// The hierarchies that the cgroup was removed from.
        package let hierarchies: [String]
        /// The number of directories removed, including descendants.
        package let directories: Int
        /// The number of processes killed first.
        package let killed: Int
    }

    private let context: ActingContext

    package init(_ context: ActingContext) { self.context = context }

    /// Removes the cgroup from every hierarchy but systemd's own, and drops its journal entries.
    ///
    /// `recursive` also removes its descendants, and `killing` first kills the processes in all of
    /// them. A dry run only checks.
    package func remove(
        _ path: CgroupPath, recursive: Bool = false, killing: Bool = false, dryRun: Bool = false
    ) throws(ActuationError) -> Removed {
        try context.protected.check(.remove, on: path)
        let trees = try TargetTrees(path, in: context.set)
        let tops = trees.directories.compactMap { $0 }.filter {
            $0.hierarchy.version == .unified || !$0.hierarchy.controllers.isEmpty
        }
        if !recursive {
            for top in tops {
                let below = try top.reporting(top.children)
                guard let child = below.first else { continue }
                throw ActuationError(
                    .busy,
                    "\(path) has \(child.path)\(below.count > 1 ? " and others" : "") below it; "
                        + "use -r to remove descendants too")
            }
        }
        var members: Set<Int32> = []
        for index in context.set.hierarchies.indices {
            members.formUnion(try trees.members(in: index))
        }
        var killed = 0
        if !members.isEmpty {
            guard killing else {
                throw ActuationError(
                    .busy,
                    "\(path) holds \(trees.listed(members)); use --kill, run cgwarden kill "
                        + "\(path.shellWord) first, or move its processes")
            }
            killed = try Killer(context).kill(path, dryRun: dryRun).processes
            try context.protected.check(.remove, on: path)
        }
        var count = 0
        if dryRun {
            for top in tops { try top.enclosing?.checkChildrenChangeable("remove", path) }
        }
        for top in tops {
            count += try dryRun ? top.reporting(top.subtree).count : remove(top)
        }
        return Removed(
            hierarchies: tops.map(\.hierarchy.label), directories: count, killed: killed)
    }

    private func remove(_ top: CgroupDirectory) throws(ActuationError) -> Int {
        try top.reporting { () throws(IOError) in
            try top.removeTree { context.journal?.forget($0) }
        }
    }
}
