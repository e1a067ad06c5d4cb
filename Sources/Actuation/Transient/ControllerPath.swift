internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Creates the cgroups down to a place and enables controllers for their children.
struct ControllerPath {
    let place: TransientPlace
    /// The maximum number of attempts; other runs may remove parts of the path when they end.
    private static let mostTries = 20

    /// Throws before any change if a frozen cgroup would stop the command.
    func refuseFrozen() throws(ActuationError) {
        for hierarchy in place.hierarchies {
            guard let interface = FreezeInterface.of(hierarchy) else { continue }
            for directory in present(in: hierarchy) {
                guard let frozen = try interface.request(directory) else { continue }
                throw ActuationError(
                    .busy,
                    "nothing would start: \(frozen) is frozen; thaw it first: cgwarden thaw "
                        + frozen.shellWord)
            }
        }
    }

    /// Throws before any change if a required controller cannot reach the place.
    func check() throws(ActuationError) {
        for hierarchy in place.hierarchies where hierarchy.version == .unified {
            var given: Set<String> = []
            for directory in present(in: hierarchy) where isWithinReach(directory) {
                let passed = directory.passedControllers()
                let offered = directory.offeredControllers().union(given)
                let needed = place.required.map(\.rawValue).filter { !passed.contains($0) }
                _ = try refuse(needed, below: directory)
                given = passed.union(offered.intersection(needed))
                try demand(given, of: directory)
            }
        }
    }

    /// Returns the existing cgroups on the path, from the root down.
    private func present(in hierarchy: MountedHierarchy) -> [CgroupDirectory] {
        var path = CgroupPath.root
        var result: [CgroupDirectory] = []
        var names = place.parent.bytes.split(separator: UInt8(ascii: "/"))[...]
        while let directory = try? CgroupDirectory(path, in: hierarchy) {
            result.append(directory)
            guard let name = names.popFirst() else { break }
            path = path.child(name)
        }
        return result
    }

    /// Performs an action, and retries it if another run has removed a part of the path.
    static func retrying<Result>(
        _ body: () throws(ActuationError) -> Result
    ) throws(ActuationError) -> Result {
        var tries = 1
        while true {
            do throws(ActuationError) {
                return try body()
            } catch {
                guard error.code == .notFound, tries < mostTries else { throw error }
                tries += 1
            }
        }
    }

    /// Creates the missing cgroups down to the parent in one hierarchy, and adds them to `made`.
    func make(
        in hierarchy: MountedHierarchy, made: inout [CgroupDirectory]
    ) throws(ActuationError) -> CgroupDirectory {
        var directory = try CgroupDirectory(opening: .root, in: hierarchy)
        for name in place.parent.bytes.split(separator: UInt8(ascii: "/")) {
            try prepare(directory)
            do throws(IOError) {
                let child = directory.path.child(name)
                do throws(IOError) {
                    directory = try CgroupDirectory(child, in: hierarchy)
                } catch {
                    guard error.isMissing else { throw error }
                    directory = try makeChild(name, of: directory)
                    made.append(directory)
                }
            } catch {
                throw ActuationError(error, on: directory)
            }
        }
        try prepare(directory)
        return directory
    }

    /// Creates a child, or opens it if another run has just created it.
    private func makeChild(
        _ name: some Sequence<UInt8>, of parent: CgroupDirectory
    ) throws(IOError) -> CgroupDirectory {
        do throws(IOError) {
            return try parent.makeChild(name)
        } catch {
            guard error.isExisting else { throw error }
            let child = try CgroupDirectory(parent.path.child(name), in: parent.hierarchy)
            try child.inherit(from: parent, KernelControlFiles())
            return child
        }
    }

    /// Enables the controllers for the children of a unified cgroup.
    private func prepare(_ directory: CgroupDirectory) throws(ActuationError) {
        guard directory.hierarchy.version == .unified, isWithinReach(directory) else { return }
        let passed = directory.passedControllers()
        let missing = Set(place.wanted.map(\.rawValue)).subtracting(passed)
            .intersection(directory.offeredControllers()).sorted()
        if try refuse(missing, below: directory) { return }
        for controller in missing {
            do throws(IOError) {
                try directory.write("+\(controller)", to: "cgroup.subtree_control")
            } catch {
                guard place.required.contains(where: { $0.rawValue == controller }) else {
                    continue
                }
                throw ActuationError(error, on: directory)
            }
        }
        try demand(directory.passedControllers(), of: directory)
    }

    /// Whether the cgroup's controllers may be changed; above a delegated cgroup they need not be.
    private func isWithinReach(_ directory: CgroupDirectory) -> Bool {
        place.parent.isWithin(directory.path)
            && directory.descriptor.isWritable("cgroup.subtree_control")
    }

    /// Whether processes prevent any change; throws if a required controller is missing.
    private func refuse(
        _ missing: [String], below directory: CgroupDirectory
    ) throws(ActuationError) -> Bool {
        guard directory.holdsProcesses() else { return false }
        guard let needed = place.required.first(where: { missing.contains($0.rawValue) })
        else { return true }
        throw ActuationError(
            .busy,
            "the controller \(needed.rawValue) cannot be enabled below \(directory.path), "
                + "because it contains processes; move them into a child first")
    }

    private func demand(
        _ passed: Set<String>, of directory: CgroupDirectory
    ) throws(ActuationError) {
        for controller in place.required where !isHeldByLegacy(controller) {
            guard passed.contains(controller.rawValue) else {
                throw ActuationError(
                    .unavailable,
                    "the controller \(controller.rawValue) is not available in \(place.parent); "
                        + "it is not delegated to \(directory.path)")
            }
        }
    }

    private func isHeldByLegacy(_ controller: Controller) -> Bool {
        place.set.legacy(controller) != nil || controller == .cpuacct || controller == .freezer
    }
}
