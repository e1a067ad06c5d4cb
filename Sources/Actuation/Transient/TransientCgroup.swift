package import CgroupModel
internal import Hierarchy
internal import KernelIO

/// The cgroup of one run, in every hierarchy that it needs.
///
/// It is recorded with its owner, so that a later run can remove it if the owner was killed.
package final class TransientCgroup: RunCgroup {
    /// The prefix of the name.
    private static let prefix = "run-"

    /// The path.
    package let path: CgroupPath
    let directories: [CgroupDirectory]
    private let place: TransientPlace
    private let newParents: [CgroupDirectory]
    private let record: JobRecord?

    /// Creates the cgroup `run-NAME`.
    static func make(
        _ name: String, at place: TransientPlace, records: JobRecords?
    ) throws(ActuationError) -> TransientCgroup {
        let name = "\(prefix)\(name)"
        let path = place.parent.child(name.utf8)
        let road = ControllerPath(place: place)
        try road.refuseFrozen()
        try road.check()
        let record = try records?.begin(.cgroup(path))
        do throws(ActuationError) {
            return try ControllerPath.retrying { () throws(ActuationError) in
                try TransientCgroup(name, road, record)
            }
        } catch {
            record?.remove()
            throw error
        }
    }

    private init(
        _ name: String, _ road: ControllerPath, _ record: JobRecord?
    ) throws(ActuationError) {
        place = road.place
        path = place.parent.child(name.utf8)
        self.record = record
        var parents: [CgroupDirectory] = []
        var made: [CgroupDirectory] = []
        do throws(ActuationError) {
            for hierarchy in place.hierarchies {
                let parent = try road.make(in: hierarchy, made: &parents)
                made.append(try Self.make(name, in: parent))
            }
            try record?.add(made)
        } catch {
            for directory in (parents + made).reversed() { try? directory.remove() }
            throw error
        }
        newParents = parents
        directories = made
    }

    private static func make(
        _ name: String, in parent: CgroupDirectory
    ) throws(ActuationError) -> CgroupDirectory {
        do throws(IOError) {
            return try parent.makeChild(name.utf8)
        } catch {
            guard error.isExisting else { throw ActuationError(error, on: parent) }
            throw ActuationError(
                .busy,
                "the run \(parent.path.child(name.utf8)) is still active, or was left behind; "
                    + "choose another --name")
        }
    }

    /// Starts a command in it; throws ``KernelIO/SpawnError`` or ``ActuationError``.
    func start(_ run: TransientRun, _ signals: RunSignals) throws -> ChildProcess {
        let unified = directories.first { $0.hierarchy.version == .unified }
        let memberships = try directories.filter { $0.hierarchy.version == .legacy }
            .map { try Membership($0) }
        return try withExtendedLifetime(memberships) {
            try ChildProcess.start(
                run.command, in: unified?.descriptor.number, joining: memberships.map(\.number),
                namespaces: run.namespaces, passing: run.passed, unless: signals.descriptor
            ) { signals.ending != nil }
        }
    }

    /// The hierarchies it is in.
    var trees: HierarchySet { place.set.only(place.hierarchies) }

    var files: any ControlFiles { KernelControlFiles() }

    /// Empty, because only the command is in it.
    var ownProcesses: Set<Int32> { [] }

    /// Removes it, along with parents that were created for it and are empty.
    package func remove() throws(ActuationError) {
        try RunEnding(directories).remove()
        record?.remove()
        for parent in newParents.reversed() { try? parent.remove() }
    }
}

/// An open v1 `cgroup.procs` file, which a child writes its own PID to.
private final class Membership {
    private let descriptor: OwnedDescriptor

    init(_ directory: CgroupDirectory) throws(ActuationError) {
        do throws(IOError) {
            descriptor = try OwnedDescriptor.writable("cgroup.procs", in: directory.descriptor)
        } catch {
            throw ActuationError(error, on: directory)
        }
    }

    var number: Int32 { descriptor.number }
}
