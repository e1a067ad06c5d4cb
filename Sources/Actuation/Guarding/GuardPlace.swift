public import CgroupModel
public import Hierarchy

/// Where a guarded cgroup's memory is counted, and where it can be frozen: the same processes.
public struct GuardPlace: Sendable {
    /// The path in both.
    public let path: CgroupPath
    /// Its directory in the tree that has the memory controller.
    public let memory: CgroupDirectory
    /// Its directory in the tree through which it is frozen.
    public let freezer: CgroupDirectory
    private let set: HierarchySet

    /// Finds both; throws where an action would hit others, or miss some.
    public init(_ path: CgroupPath, in set: HierarchySet) throws(ActuationError) {
        self.path = path
        self.set = set
        let trees = try TargetTrees(path, in: set)
        let unified = set.unified.flatMap {
            set.hierarchies[$0].controllers.contains(.memory) ? $0 : nil
        }
        guard let tree = set.legacy(.memory) ?? unified else {
            throw ActuationError(.unavailable, set.absence(of: .memory))
        }
        let remedy = "put them into one cgroup first: cgwarden move"
        memory = try trees.tree(for: .freeze, among: [tree], remedy: remedy).directory
        freezer =
            try trees.tree(
                for: .freeze, among: [set.unified, set.legacy(.freezer)].compactMap { $0 },
                remedy: remedy
            ).directory
    }

    /// Whether memory is counted by v1, which can keep the kernel from killing.
    public var isLegacy: Bool { memory.hierarchy.version == .legacy }

    /// Why it must not be frozen any more: it is another cgroup, or its trees differ; nil if it may.
    public func disagreement() -> String? {
        guard memory.isCurrent, freezer.isCurrent else { return "\(path) was removed" }
        do throws(ActuationError) {
            let trees = try TargetTrees(path, in: set)
            for directory in [memory, freezer] {
                guard let index = set.hierarchies.firstIndex(of: directory.hierarchy) else {
                    continue
                }
                if let reason = try trees.disagreement(in: index) { return reason }
            }
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Whether nobody is in it.
    public var isEmpty: Bool { (try? memory.processesBelow().isEmpty) ?? true }

    /// Why it must not stay frozen: someone waits for a lock of it, or that cannot be told.
    public func lockAwaitedByOthers() -> String? {
        let members = (try? freezer.processesBelow()) ?? []
        return HeldLocks(set).reasonToThaw(members)
    }

    /// The shortest time that one of its services may be silent; nil without a watchdog.
    public var watchdog: Duration? {
        ServiceWatchdog(system: set.system).shortest(of: (try? memory.processesBelow()) ?? [])
    }
}
