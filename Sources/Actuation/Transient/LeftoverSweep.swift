public import CgroupModel
internal import Hierarchy
internal import KernelIO

/// A run whose owner was killed, and that was cleaned up.
public struct Leftover: Sendable {
    /// Where it stood.
    public let path: CgroupPath
    /// How many processes were still in it, and were ended.
    public let processes: Int
    /// Whether it is gone now.
    public let isRemoved: Bool
}

/// Finds the runs that killed owners left behind: those that nobody holds the lock of.
struct LeftoverSweep {
    private let place: TransientPlace

    /// To be used in turn (``TurnTaking``): a run just made has its lock before the turn ends.
    init(_ place: TransientPlace) { self.place = place }

    /// Ends what is in them and removes them.
    func sweep() -> [Leftover] {
        var found: [CgroupPath: [CgroupDirectory]] = [:]
        for hierarchy in place.set.hierarchies {
            let parent = try? CgroupDirectory(place.parent, in: hierarchy)
            for child in (try? parent?.children()) ?? []
            where child.path.name.hasPrefix(TransientCgroup.prefix) {
                found[child.path, default: []].append(child)
            }
        }
        return found.sorted { $0.key < $1.key }.compactMap { path, directories in
            guard directories.allSatisfy({ $0.descriptor.tryLock() }) else { return nil }
            let processes = directories.map { ((try? $0.processesBelow()) ?? []).count }.max()
            let ending = RunEnding(directories)
            let isRemoved = ending.killAll() && (try? ending.remove()) != nil
            return Leftover(path: path, processes: processes ?? 0, isRemoved: isRemoved)
        }
    }
}
