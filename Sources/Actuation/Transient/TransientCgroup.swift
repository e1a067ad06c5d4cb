public import CgroupModel
internal import Hierarchy
internal import KernelIO

/// The cgroup of one run, in every tree that it needs; locked as long as its owner lives, so that
/// the next start can tell one whose owner was killed.
public final class TransientCgroup: RunCgroup {
    /// The beginning of the name.
    public static let prefix = "run-"

    /// Where it stands.
    public let path: CgroupPath
    let directories: [CgroupDirectory]
    private let place: TransientPlace
    private let newParents: [CgroupDirectory]

    /// Makes the cgroup `run-NAME`, after what killed owners left behind was removed.
    public static func make(
        _ name: String, at place: TransientPlace, leftovers: (Leftover) -> Void
    ) throws(ActuationError) -> TransientCgroup {
        let road = ControllerPath(place: place)
        var made: [CgroupDirectory] = []
        do throws(ActuationError) {
            while true {
                let first = try road.make(in: place.hierarchies[0], made: &made)
                let run = try TurnTaking.exclusively(on: first) {
                    () throws(ActuationError) -> TransientCgroup? in
                    // The run that ended before may have taken the parent away.
                    guard first.isCurrent else { return nil }
                    var parents = [first]
                    for hierarchy in place.hierarchies.dropFirst() {
                        parents.append(try road.make(in: hierarchy, made: &made))
                    }
                    for leftover in LeftoverSweep(place).sweep() { leftovers(leftover) }
                    return try TransientCgroup(name, place, in: parents, made)
                }
                if let run { return run }
            }
        } catch {
            for parent in made.reversed() { try? parent.remove() }
            throw error
        }
    }

    private init(
        _ name: String, _ place: TransientPlace, in parents: [CgroupDirectory],
        _ newParents: [CgroupDirectory]
    ) throws(ActuationError) {
        let name = "\(Self.prefix)\(name)"
        path = place.parent.child(Array(name.utf8))
        self.place = place
        self.newParents = newParents
        var made: [CgroupDirectory] = []
        for parent in parents {
            do throws(IOError) {
                let directory = try parent.makeChild(name.utf8)
                made.append(directory)
                _ = directory.descriptor.tryLock()
            } catch {
                for directory in made { try? directory.remove() }
                guard error.isExisting else { throw ActuationError(error, on: parent) }
                throw ActuationError(
                    .busy, "the run \(path) is still going on; choose another --name")
            }
        }
        directories = made
    }

    /// Starts a command inside; throws ``KernelIO/SpawnError`` or ``ActuationError``.
    func start(_ run: TransientRun) throws -> ChildProcess {
        let unified = directories.first { $0.hierarchy.version == .unified }
        let memberships = try directories.filter { $0.hierarchy.version == .legacy }
            .map { try Membership($0) }
        return try withExtendedLifetime(memberships) {
            try ChildProcess.start(
                run.command, in: unified?.descriptor.number, joining: memberships.map(\.number),
                namespaces: run.namespaces)
        }
    }

    /// The trees in which it stands.
    var trees: HierarchySet { place.set.only(place.hierarchies) }

    var files: any ControlFiles { KernelControlFiles() }

    /// The command alone is in it.
    var strangers: Set<Int32> { [] }

    /// Removes it, and the parent if that was made for it and holds nothing else.
    public func remove() throws(ActuationError) {
        try RunEnding(directories).remove()
        // The turn is that of the first tree's parent, where others wait to start.
        guard !newParents.isEmpty,
            let turn = try? CgroupDirectory(place.parent, in: place.hierarchies[0])
        else { return }
        try TurnTaking.exclusively(on: turn) { () throws(ActuationError) in
            for parent in newParents.reversed() { try? parent.remove() }
        }
    }
}

/// An open `cgroup.procs` of a v1 cgroup that a child writes itself into.
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

/// Starting, sweeping and removing take turns by a lock on a cgroup's directory.
enum TurnTaking {
    static func exclusively<Result>(
        on directory: CgroupDirectory, _ body: () throws(ActuationError) -> Result
    ) throws(ActuationError) -> Result {
        let turn = try hold(directory)
        let result = try body()
        _ = consume turn
        return result
    }

    private static func hold(
        _ directory: CgroupDirectory
    ) throws(ActuationError) -> OwnedDescriptor {
        do throws(IOError) {
            let opened = try directory.descriptor.reopened()
            try opened.waitForLock()
            return opened
        } catch {
            throw ActuationError(error, on: directory)
        }
    }
}
