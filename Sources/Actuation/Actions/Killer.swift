public import CgroupModel
public import Hierarchy
public import KernelIO

/// Ends all processes of a cgroup, and sees to it that none is left.
public struct Killer: Sendable {
    /// What ended them.
    public enum Means: Sendable, Hashable {
        /// There was nobody.
        case nobody
        /// They ended when asked to.
        case signal
        /// The kernel killed the whole cgroup at once (cgroup.kill).
        case kernel
        /// They were stopped, killed and let go, this many times (v1).
        case frozen(rounds: Int)
        /// They were killed one by one, this many times.
        case oneByOne(rounds: Int)
    }

    /// A cgroup that was seen empty.
    public struct Killed: Sendable {
        /// How many processes were seen.
        public let processes: Int
        /// What ended them.
        public let means: Means
    }

    private let set: HierarchySet
    private let files: any ControlFiles
    private let thawGuard: ThawGuard
    private let protected: ProtectedSet
    private static let mostRounds = 20

    /// Acts on these trees.
    public init(
        set: HierarchySet, files: any ControlFiles = KernelControlFiles(),
        thawGuard: ThawGuard = .own, protected: ProtectedSet? = nil
    ) {
        self.protected = protected ?? ProtectedSet(set: set, system: set.system)
        self.set = set
        self.files = files
        self.thawGuard = thawGuard
    }

    /// Asks all to end with `signal`, and after `grace` kills who is left; no grace kills at once.
    ///
    /// Without `force` nobody is killed, and it throws if someone is left. A dry run only checks.
    public func kill(
        _ path: CgroupPath, signal: EndingSignal = .terminate, grace: Duration = .seconds(10),
        force: Bool = true, dryRun: Bool = false
    ) throws(ActuationError) -> Killed {
        try protected.check(.kill, on: path)
        let trees = try TargetTrees(path, in: set)
        let (index, directory) = try trees.tree(
            for: .kill, among: candidates(trees),
            remedy: "kill them where they are, one cgroup after the other")
        var seen = try trees.members(in: index)
        guard !seen.isEmpty else { return Killed(processes: 0, means: .nobody) }
        let frozen = try frozenOfLegacy(path)
        if dryRun { return Killed(processes: seen.count, means: .signal) }
        if !frozen.isEmpty {
            killFrozen(frozen, trees, index)
            if isEmpty(trees, index, within: .seconds(1)) {
                return Killed(processes: seen.count, means: .frozen(rounds: 1))
            }
        }
        if grace > .zero {
            send(signal, to: seen, of: path, in: index)
            let isEmpty = try Deadline(after: grace).wait { () throws(ActuationError) in
                let left = try trees.members(in: index)
                // A newcomer has not been asked yet.
                send(signal, to: left.subtracting(seen), of: path, in: index)
                seen.formUnion(left)
                return left.isEmpty
            }
            if isEmpty { return Killed(processes: seen.count, means: .signal) }
        }
        guard force else {
            throw ActuationError(
                .failed,
                "\(path) still holds \(trees.listed(try trees.members(in: index))) after SIG"
                    + "\(signal.name), and was not to be forced")
        }
        try protected.check(.kill, on: path)
        guard directory.isCurrent else {
            throw ActuationError(.notFound, "\(path) was removed meanwhile")
        }
        let means = try end(trees, index, directory, &seen)
        return Killed(processes: seen.count, means: means)
    }

    /// Unified first, for the kernel kills there itself; then v1's freezer; then any tree.
    private func candidates(_ trees: TargetTrees) -> [Int] {
        let preferred = [set.unified, set.legacy(.freezer)].compactMap { $0 }.filter {
            trees.directories[$0] != nil
        }
        let others = set.hierarchies.indices.filter {
            trees.directories[$0] != nil && !preferred.contains($0)
        }
        return preferred + others
    }

    /// What of it v1's freezer holds: a process in there hears nothing, and does not even die before
    /// it is let go, so there is nothing to wait for.
    private func frozenOfLegacy(
        _ path: CgroupPath
    ) throws(ActuationError) -> [CgroupDirectory] {
        guard let freezer = set.legacy(.freezer),
            let top = try? CgroupDirectory(path, in: set.hierarchies[freezer])
        else { return [] }
        if let ancestor = FreezeInterface(version: .legacy).ancestor(freezing: top, files) {
            throw ActuationError(
                .busy,
                "cannot kill \(path): it is frozen by \(ancestor), and nothing in it can end before "
                    + "that goes on: cgwarden thaw \(ancestor)")
        }
        return ((try? top.subtree()) ?? []).filter {
            (try? files.text("freezer.state", of: $0)).map { $0 != "THAWED" } ?? false
        }
    }

    private func send(
        _ signal: EndingSignal, to pids: Set<Int32>, of path: CgroupPath, in tree: Int
    ) {
        let places = ProcessPlaces(set: set)
        for pid in pids where pid > 1 {
            // Held first and looked up then, so it cannot be a later process with that number.
            guard let process = try? ProcessHandle(pid),
                places.place(of: pid, in: tree)?.isWithin(path) ?? false
            else { continue }
            try? process.send(signal)
        }
    }

    private func end(
        _ trees: TargetTrees, _ index: Int, _ directory: CgroupDirectory, _ seen: inout Set<Int32>
    ) throws(ActuationError) -> Means {
        if directory.hierarchy.version == .unified, try killByKernel(directory) {
            try confirmEmpty(trees, index, within: .seconds(10))
            letNewcomersRun(directory)
            return .kernel
        }
        let isFreezer = index == set.legacy(.freezer)
        let watch = isFreezer ? try thawGuard.watch(directory, timeout: .seconds(30)) : nil
        var rounds = 0
        while rounds < Self.mostRounds {
            rounds += 1
            if isFreezer { try stop(directory) }
            let members = (try? trees.members(in: index)) ?? []
            seen.formUnion(members)
            send(.kill, to: members, of: trees.path, in: index)
            if isFreezer { thaw(directory) }
            if isEmpty(trees, index, within: .milliseconds(200)) { break }
        }
        _ = consume watch
        try confirmEmpty(trees, index, within: .seconds(2))
        return isFreezer ? .frozen(rounds: rounds) : .oneByOne(rounds: rounds)
    }

    /// Kills what is frozen already and lets it go, and with it the guard of that freeze.
    private func killFrozen(
        _ frozen: [CgroupDirectory], _ trees: TargetTrees, _ index: Int
    ) {
        for cgroup in frozen {
            send(.kill, to: Set((try? cgroup.processes()) ?? []), of: trees.path, in: index)
        }
        // The ones above first: one below goes on only when they do.
        for cgroup in frozen { try? files.write("THAWED", to: "freezer.state", of: cgroup) }
    }

    /// False where the kernel has no cgroup.kill (before 5.14), or not for a threaded cgroup.
    private func killByKernel(_ directory: CgroupDirectory) throws(ActuationError) -> Bool {
        do throws(IOError) {
            try files.write("1", to: "cgroup.kill", of: directory)
            return true
        } catch {
            if error.isUnsupported || error.isMissing && directory.isCurrent { return false }
            throw ActuationError(error, on: directory)
        }
    }

    /// The request to freeze outlives those who were frozen, and would stop whoever comes next.
    private func letNewcomersRun(_ directory: CgroupDirectory) {
        for cgroup in (try? directory.subtree()) ?? []
        where (try? files.text("cgroup.freeze", of: cgroup)) == "1" {
            try? files.write("0", to: "cgroup.freeze", of: cgroup)
        }
    }

    /// Stops them so that none can fork; one in uninterruptible sleep is not waited for long.
    private func stop(_ directory: CgroupDirectory) throws(ActuationError) {
        do throws(IOError) {
            try files.write("FROZEN", to: "freezer.state", of: directory)
        } catch {
            throw ActuationError(error, on: directory)
        }
        _ = try? FreezeInterface(version: .legacy).settle(
            directory, files: files, within: .milliseconds(500))
    }

    /// A frozen process of v1 dies when it is let go; so does a frozen cgroup below.
    private func thaw(_ directory: CgroupDirectory) {
        for cgroup in (try? directory.subtree()) ?? [directory] {
            try? files.write("THAWED", to: "freezer.state", of: cgroup)
        }
    }

    private func isEmpty(_ trees: TargetTrees, _ index: Int, within time: Duration) -> Bool {
        Deadline(after: time).wait { (try? trees.members(in: index).isEmpty) ?? true }
    }

    private func confirmEmpty(
        _ trees: TargetTrees, _ index: Int, within time: Duration
    ) throws(ActuationError) {
        if isEmpty(trees, index, within: time) { return }
        let left = try trees.members(in: index)
        if left.isEmpty { return }
        throw ActuationError(
            .failed,
            "\(trees.path) still holds \(trees.listed(left)), killed but not gone; it may be in "
                + "uninterruptible sleep (ps -o stat,wchan -p \(left.min() ?? 0))")
    }
}
