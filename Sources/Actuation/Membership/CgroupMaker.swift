package import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Creates cgroups.
package struct CgroupMaker: Sendable {
    /// The result of a creation.
    package struct Made: Sendable {
        /// The hierarchies that the cgroup was created in.
        package let hierarchies: [String]
        /// The hierarchies that already had the cgroup.
        package let present: [String]
        /// The controllers that were enabled in ancestors' `cgroup.subtree_control` (v2).
        package let enabled: [String]
    }

    private let context: ActingContext

    package init(_ context: ActingContext) { self.context = context }

    /// Creates the cgroup and its missing ancestors in every hierarchy that has one of the
    /// controllers.
    ///
    /// Without controllers, it acts in every hierarchy but systemd's own. On v2 the controllers are
    /// enabled along the path. A new v1 cpuset copies its parent's CPUs and memory nodes, because
    /// processes cannot join an empty one. Throws if nothing would change. A dry run only checks.
    package func make(
        _ path: CgroupPath, controllers: [Controller] = [], dryRun: Bool = false
    ) throws(ActuationError) -> Made {
        guard !path.isRoot else {
            throw ActuationError(.exists, "/ already exists; name a cgroup below it")
        }
        let trees = try treesWithWay(for: controllers, to: path)
        let (present, enabled) =
            try dryRun ? foreseen(path, controllers, trees) : make(path, controllers, trees)
        if dryRun { try checkRights(path, controllers, trees) }
        let new = trees.map(\.label).filter { !present.contains($0) }
        guard !new.isEmpty || !enabled.isEmpty else {
            throw ActuationError(
                .exists, "\(path) already exists in \(present.joined(separator: ", "))")
        }
        return Made(
            hierarchies: new, present: present,
            enabled: Set(enabled).sorted().map(\.rawValue))
    }

    /// The hierarchies that have the cgroup, and the controllers to enable.
    private func foreseen(
        _ path: CgroupPath, _ controllers: [Controller], _ trees: [MountedHierarchy]
    ) -> (present: [String], enabled: [Controller]) {
        (
            trees.filter { (try? CgroupDirectory(path, in: $0)) != nil }.map(\.label),
            trees.filter { $0.version == .unified }.flatMap {
                missing(controllers, downTo: path.parent, in: $0)
            }
        )
    }

    /// Throws if this process may not create the cgroup in its nearest ancestor, or not enable a
    /// missing controller in an ancestor.
    private func checkRights(
        _ path: CgroupPath, _ controllers: [Controller], _ trees: [MountedHierarchy]
    ) throws(ActuationError) {
        for hierarchy in trees {
            let ancestors = (path.parent?.line ?? []).compactMap {
                try? CgroupDirectory($0, in: hierarchy)
            }
            if (try? CgroupDirectory(path, in: hierarchy)) == nil {
                try ancestors.last?.checkChildrenChangeable("create", path)
            }
            guard hierarchy.version == .unified else { continue }
            for directory in ancestors {
                let passed = directory.passedControllers(context.files)
                let missing = controllers.filter {
                    hierarchy.controllers.contains($0) && !passed.contains($0.rawValue)
                }
                if !missing.isEmpty { try directory.checkWritable("cgroup.subtree_control") }
            }
        }
    }

    /// Creates the cgroup, and returns the hierarchies that had it and the enabled controllers.
    private func make(
        _ path: CgroupPath, _ controllers: [Controller], _ trees: [MountedHierarchy]
    ) throws(ActuationError) -> (present: [String], enabled: [Controller]) {
        var made: [CgroupDirectory] = []
        var present: [String] = []
        var enabled: [(directory: CgroupDirectory, controller: Controller)] = []
        do throws(ActuationError) {
            for hierarchy in trees {
                if hierarchy.version == .unified, let above = path.parent {
                    made += try makeMissing(above, in: hierarchy)
                    try enable(controllers, downTo: above, in: hierarchy, &enabled)
                }
                let new = try makeMissing(path, in: hierarchy)
                if new.isEmpty { present.append(hierarchy.label) }
                made += new
            }
        } catch {
            takeBack(made)
            for (directory, controller) in enabled.reversed() {
                try? pass("-", controller, below: directory)
            }
            throw error
        }
        return (present, enabled.map(\.controller))
    }

    /// The controllers that the cgroup or one of its ancestors does not enable yet.
    private func missing(
        _ controllers: [Controller], downTo path: CgroupPath?, in hierarchy: MountedHierarchy
    ) -> [Controller] {
        let wanted = controllers.filter(hierarchy.controllers.contains)
        return (path?.line ?? []).flatMap { place -> [Controller] in
            let directory = try? CgroupDirectory(place, in: hierarchy)
            let passed = directory?.passedControllers(context.files) ?? []
            return wanted.filter { !passed.contains($0.rawValue) }
        }
    }

    /// Returns the hierarchies to act in; throws if a populated cgroup prevents a controller from
    /// reaching `path`.
    private func treesWithWay(
        for controllers: [Controller], to path: CgroupPath
    ) throws(ActuationError) -> [MountedHierarchy] {
        try path.checkNames()
        let trees = try trees(for: controllers)
        for hierarchy in trees where hierarchy.version == .unified {
            try checkWay(of: controllers, to: path, in: hierarchy)
        }
        return trees
    }

    private func trees(
        for controllers: [Controller]
    ) throws(ActuationError) -> [MountedHierarchy] {
        for controller in controllers
        where !context.set.hierarchies.contains(where: { $0.controllers.contains(controller) }) {
            throw ActuationError(.unavailable, context.set.absence(of: controller))
        }
        return context.set.hierarchies.filter { hierarchy in
            let isSystemd = hierarchy.version == .legacy && hierarchy.controllers.isEmpty
            return !isSystemd
                && (controllers.isEmpty
                    || controllers.contains(where: hierarchy.controllers.contains))
        }
    }

    /// Creates the cgroup and its missing ancestors in one hierarchy, and returns the new ones.
    func makeMissing(
        _ path: CgroupPath, in hierarchy: MountedHierarchy
    ) throws(ActuationError) -> [CgroupDirectory] {
        try path.checkNames()
        do throws(IOError) {
            if try CgroupDirectory.existing(path, in: hierarchy) != nil { return [] }
        } catch {
            throw ActuationError(error, on: path, in: hierarchy.label)
        }
        guard let above = path.parent else { return [] }
        var made = try makeMissing(above, in: hierarchy)
        let entry: JournalEntry?
        do throws(ActuationError) {
            entry = try context.journal?.record(
                JournalEntry.made(path), at: path, in: hierarchy, "", wanted: "made",
                cause: "create")
        } catch {
            takeBack(made)
            throw error
        }
        do throws(IOError) {
            let parent = try CgroupDirectory(above, in: hierarchy)
            let directory = try parent.makeChild(path.lastName, files: context.files)
            made.append(directory)
            if let entry { try? context.journal?.finish(entry, readBack: "\(directory.inode)") }
            return made
        } catch {
            if let entry, CgroupDirectory.isKnownAbsent(path, in: hierarchy) {
                try? context.journal?.finish(entry, readBack: "")
            }
            takeBack(made)
            throw explained(error, path, hierarchy)
        }
    }

    /// Removes the cgroups of a creation that failed halfway.
    private func takeBack(_ made: [CgroupDirectory]) {
        for directory in made.reversed() where (try? directory.remove()) != nil {
            context.journal?.forget(directory)
        }
    }

    private func explained(
        _ error: IOError, _ path: CgroupPath, _ hierarchy: MountedHierarchy
    ) -> ActuationError {
        if error.isExisting {
            return ActuationError(
                .exists, "cannot create \(path): its parent has a file of that name; choose another"
            )
        }
        if error.isTryAgain {
            return ActuationError(
                .unavailable,
                "cannot create \(path): cgroup.max.depth or cgroup.max.descendants of an ancestor "
                    + "allows no more")
        }
        return ActuationError(error, on: path, in: hierarchy.label)
    }

    /// Throws before any change if a populated cgroup prevents a controller from reaching `path`.
    private func checkWay(
        of controllers: [Controller], to path: CgroupPath, in hierarchy: MountedHierarchy
    ) throws(ActuationError) {
        for controller in controllers where hierarchy.controllers.contains(controller) {
            let way = ControllerWay(controller, to: path, in: hierarchy, context.files)
            if let obstacle = way.obstacle { throw Self.isPopulated(obstacle) }
        }
    }

    private static func isPopulated(_ place: CgroupPath) -> ActuationError {
        ActuationError(
            .busy, "nothing was done: \(ControllerWay.remedy(populated: place))")
    }

    /// Enables the controllers in every cgroup from the root down to `path`.
    private func enable(
        _ controllers: [Controller], downTo path: CgroupPath, in hierarchy: MountedHierarchy,
        _ enabled: inout [(directory: CgroupDirectory, controller: Controller)]
    ) throws(ActuationError) {
        let wanted = controllers.filter(hierarchy.controllers.contains)
        guard !wanted.isEmpty else { return }
        for place in path.line {
            let directory = try CgroupDirectory(opening: place, in: hierarchy)
            let passed = directory.passedControllers(context.files)
            for controller in wanted where !passed.contains(controller.rawValue) {
                do throws(ActuationError) {
                    if directory.holdsProcesses(context.files) { throw Self.isPopulated(place) }
                    try pass("+", controller, below: directory)
                } catch {
                    throw error.code == .busy ? Self.isPopulated(place) : error
                }
                enabled.append((directory, controller))
            }
        }
    }

    private func pass(
        _ sign: String, _ controller: Controller, below directory: CgroupDirectory
    ) throws(ActuationError) {
        try context.recorded.write(
            "\(sign)\(controller.rawValue)", to: .passing(controller.rawValue), of: directory,
            cause: "create")
    }
}
