internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// An action's cgroup: its directory and its members in each hierarchy.
///
/// On v1 the same path may hold different processes in each hierarchy. An action works through one
/// hierarchy, in which the path must hold exactly the intended processes.
struct TargetTrees {
    let set: HierarchySet
    let path: CgroupPath
    /// In the order of the hierarchies; nil where the path does not exist.
    let directories: [CgroupDirectory?]
    private let places: ProcessPlaces

    init(_ path: CgroupPath, in set: HierarchySet) throws(ActuationError) {
        self.set = set
        self.path = path
        places = ProcessPlaces(set: set)
        var found: [CgroupDirectory?] = []
        var denied: ActuationError?
        for hierarchy in set.hierarchies {
            do throws(IOError) {
                found.append(try CgroupDirectory(path, in: hierarchy))
            } catch {
                if !error.isGone { denied = ActuationError(error, on: path, in: hierarchy.label) }
                found.append(nil)
            }
        }
        directories = found
        guard found.contains(where: { $0 != nil }) else {
            throw denied
                ?? ActuationError(
                    .notFound, "no cgroup \(path); `cgwarden tree` lists the cgroups")
        }
    }

    /// Returns the directory in the controller's hierarchy; throws if the action is refused there.
    static func directory(
        _ controller: Controller, of path: CgroupPath, for action: DisruptiveAction,
        in context: ActingContext, remedy: String, shadows: ShadowGroups? = nil
    ) throws(ActuationError) -> CgroupDirectory {
        try context.protected.check(action, on: path)
        let trees = try TargetTrees(path, in: context.set)
        guard let tree = trees.set.legacy(controller) ?? trees.set.unified else {
            throw ActuationError(.unavailable, trees.set.absence(of: controller))
        }
        return try trees.tree(for: action, among: [tree], remedy: remedy, shadows: shadows)
            .directory
    }

    /// The processes of the subtree in one hierarchy; empty where the path does not exist.
    func members(in tree: Int) throws(ActuationError) -> Set<Int32> {
        try directories[tree]?.members() ?? []
    }

    /// Returns the first candidate hierarchy that the action may work through.
    ///
    /// If there is none, returns a shadow in the last v1 candidate; throws without `shadows`.
    func tree(
        for action: DisruptiveAction, among candidates: [Int], remedy: String,
        shadows: ShadowGroups? = nil
    ) throws(ActuationError) -> (index: Int, directory: CgroupDirectory) {
        var reasons: [String] = []
        for index in candidates {
            if let reason = try disagreement(in: index) {
                reasons.append(reason)
            } else if let directory = directories[index] {
                return (index, directory)
            }
        }
        if let shadows,
            let index = candidates.last(where: { set.hierarchies[$0].version == .legacy })
        {
            return (index, try shadows.cover(self, in: index))
        }
        // Without processes, none could be hit by mistake: the cgroup is just absent.
        let isAbsent =
            candidates.allSatisfy { directories[$0] == nil }
            && directories.indices.allSatisfy { (try? members(in: $0).isEmpty) == true }
        throw ActuationError(
            isAbsent ? .notFound : .refused,
            "will not \(action.rawValue) \(path): \(reasons.joined(separator: "; ")); \(remedy)")
    }

    /// Why an action through one hierarchy would not hit exactly the processes of the path; nil if
    /// it would.
    ///
    /// The hierarchy `ignored` is not compared.
    func disagreement(
        in acting: Int, ignoring ignored: Int? = nil
    ) throws(ActuationError) -> String? {
        let name = set.hierarchies[acting].label
        guard directories[acting] != nil else { return try absence(acting, name) }
        // Processes may fork or exit between two listings. /proc shows this at once, so each
        // difference is confirmed there.
        let mine = try members(in: acting)
        for other in directories.indices where other != acting && other != ignored {
            let others = try members(in: other)
            if others.isEmpty { continue }
            let label = set.hierarchies[other].label
            let missing = try outside(others.subtracting(mine), of: acting)
            if !missing.isEmpty {
                return "\(listed(missing)) would be missed: in this cgroup in hierarchy "
                    + "\(label), but not in hierarchy \(name)"
            }
            let more = try outside(mine.subtracting(others), of: other)
            if !more.isEmpty {
                return "\(listed(more)) would be affected too: in this cgroup in hierarchy "
                    + "\(name), but not in hierarchy \(label)"
            }
        }
        return nil
    }

    private func absence(_ acting: Int, _ name: String) throws(ActuationError) -> String {
        for index in directories.indices {
            guard let pid = try members(in: index).min(),
                let place = try places.place(of: pid, in: acting)
            else { continue }
            let directory = try? CgroupDirectory(place, in: set.hierarchies[acting])
            let count = (try? directory?.processesBelow().count) ?? 0
            return "hierarchy \(name) has no such cgroup; \(listed([pid])) is in \(place) there, "
                + "and all \(count > 1 ? "\(count) " : "")processes of \(place) would be affected"
        }
        return "hierarchy \(name) has no such cgroup"
    }

    private func outside(_ pids: Set<Int32>, of tree: Int) throws(ActuationError) -> [Int32] {
        var found: [Int32] = []
        for pid in pids.sorted() {
            guard let place = try places.place(of: pid, in: tree), !place.isWithin(path) else {
                continue
            }
            // Checked last, because an exiting process shows up elsewhere.
            if !ProcessReader(set.system).hasEnded(pid) { found.append(pid) }
        }
        return found
    }

    /// A short list of processes as text: `sleep (process 12) and 3 more`.
    func listed(_ pids: some Collection<Int32>) -> String {
        guard let first = pids.min() else { return "no process" }
        let name = ProcessReader(set.system).stat(first)?.name ?? "process"
        let more = pids.count > 1 ? " and \(pids.count - 1) more" : ""
        return "\(name) (process \(first))\(more)"
    }
}
