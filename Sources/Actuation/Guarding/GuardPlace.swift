package import CgroupModel
package import Hierarchy

/// The directories of a guarded cgroup for memory and for freezing, with the same processes in
/// both.
package struct GuardPlace: Sendable {
    /// The path in both hierarchies.
    package let path: CgroupPath
    /// Its directory in the hierarchy with the memory controller.
    package let memory: CgroupDirectory
    /// Its directory in the hierarchy that freezes it.
    package let freezer: CgroupDirectory
    private let set: HierarchySet

    /// Opens both; throws if an action would hit other processes or miss some.
    package init(_ path: CgroupPath, in set: HierarchySet) throws(ActuationError) {
        self.path = path
        self.set = set
        let trees = try TargetTrees(path, in: set)
        let unified = set.unified.flatMap {
            set.hierarchies[$0].controllers.contains(.memory) ? $0 : nil
        }
        guard let tree = set.legacy(.memory) ?? unified else {
            throw ActuationError(.unavailable, set.absence(of: .memory))
        }
        let remedy = "move them into one cgroup first: cgwarden move"
        memory = try trees.tree(for: .freeze, among: [tree], remedy: remedy).directory
        freezer =
            try trees.tree(
                for: .freeze, among: [set.unified, set.legacy(.freezer)].compactMap { $0 },
                remedy: remedy
            ).directory
    }

    /// Whether the memory controller is on v1, where OOM kills can be disabled.
    package var isLegacy: Bool { memory.hierarchy.version == .legacy }

    /// Why it must no longer be frozen: it was removed, its hierarchies differ, or that is unknown.
    ///
    /// Nil if it may be frozen.
    package func disagreement() -> String? {
        do throws(ActuationError) {
            for directory in [memory, freezer] { try directory.checkCurrent() }
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

    /// Whether it has no processes; false if that is unknown.
    package var isEmpty: Bool { (try? memory.processesBelow().isEmpty) ?? false }

    /// Why it must not stay frozen: other processes wait for one of its locks, or that is unknown.
    ///
    /// Nil if it may stay frozen.
    package func lockAwaitedByOthers() -> String? {
        do throws(ActuationError) {
            return HeldLocks(set).reasonToThaw(try freezer.members())
        } catch {
            return "\(error), so it is unknown whether other processes wait for its file locks"
        }
    }

    /// Returns the shortest watchdog timeout of its services; nil without a watchdog.
    package func watchdog() throws(ActuationError) -> Duration? {
        ServiceWatchdog(system: set.system).shortest(of: try memory.members())
    }
}
