internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Makes the cgroups on the way to a place, ready for children with controllers.
struct ControllerPath {
    let place: TransientPlace

    /// Makes what is missing down to the parent in one tree; notes what was made now.
    func make(
        in hierarchy: MountedHierarchy, made: inout [CgroupDirectory]
    ) throws(ActuationError) -> CgroupDirectory {
        var directory = try open(.root, hierarchy)
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

    /// One that another run has just made will do.
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

    /// Passes the controllers on to the children of a unified cgroup.
    private func prepare(_ directory: CgroupDirectory) throws(ActuationError) {
        guard directory.hierarchy.version == .unified else { return }
        // Above a delegated cgroup nothing may be written, and nothing has to be.
        guard place.parent.isWithin(directory.path),
            directory.descriptor.isWritable("cgroup.subtree_control")
        else { return }
        let offered = words("cgroup.controllers", of: directory)
        let passed = words("cgroup.subtree_control", of: directory)
        let missing = Set(place.wanted.map(\.rawValue)).subtracting(passed)
            .intersection(offered).sorted()
        // Switched on below processes, cpu and pids would make it a threaded cgroup, for good.
        if holdsProcesses(directory) {
            guard let needed = place.required.first(where: { missing.contains($0.rawValue) })
            else { return }
            throw ActuationError(
                .busy,
                "the controller \(needed.rawValue) cannot be passed on below \(directory.path), "
                    + "because processes are in it; move them into a cgroup below it first")
        }
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
        for controller in place.required where !isHeldByLegacy(controller) {
            guard words("cgroup.subtree_control", of: directory).contains(controller.rawValue)
            else {
                throw ActuationError(
                    .unavailable,
                    "the controller \(controller.rawValue) does not reach \(place.parent); "
                        + "\(directory.path) was not given it")
            }
        }
    }

    /// The real root, which has no type, may hold processes.
    private func holdsProcesses(_ directory: CgroupDirectory) -> Bool {
        guard (try? directory.read("cgroup.type")) != nil else { return false }
        return !((try? directory.processes()) ?? []).isEmpty
    }

    private func isHeldByLegacy(_ controller: Controller) -> Bool {
        place.set.legacy(controller) != nil || controller == .cpuacct || controller == .freezer
    }

    private func words(_ file: String, of directory: CgroupDirectory) -> [String] {
        ((try? directory.text(file)) ?? "").split(separator: " ").map(String.init)
    }

    private func open(
        _ path: CgroupPath, _ hierarchy: MountedHierarchy
    ) throws(ActuationError) -> CgroupDirectory {
        do throws(IOError) {
            return try CgroupDirectory(path, in: hierarchy)
        } catch {
            throw ActuationError(error, on: path, in: hierarchy.label)
        }
    }
}
