package import CgroupModel
internal import Hierarchy
package import KernelIO

/// Kills all processes of a cgroup and verifies that it is empty.
package struct Killer: Sendable {
    /// The method that ended the processes.
    package enum Means: Sendable, Hashable {
        /// The cgroup was empty.
        case nobody
        /// They exited after the signal.
        case signal
        /// The kernel killed the whole cgroup at once (`cgroup.kill`).
        case kernel
        /// They were frozen, killed and thawed, in this many rounds (v1).
        case frozen(rounds: Int)
        /// They were killed one by one, in this many rounds.
        case oneByOne(rounds: Int)
    }

    /// The result of a kill; the cgroup was seen empty.
    package struct Killed: Sendable {
        /// The number of processes seen.
        package let processes: Int
        /// The method that ended them; nil in a dry run.
        package let means: Means?
    }

    private static let mostRounds = 20
    static let freezer = FreezeInterface(version: .legacy)
    let context: ActingContext

    package init(_ context: ActingContext) { self.context = context }

    /// Sends `signal` to all processes, and kills the remaining ones after `grace`; zero kills at
    /// once.
    ///
    /// Without `force` it throws instead of killing, and sends no signal if a cgroup is frozen on
    /// v1. With `force`, the processes of such a cgroup are killed at once, because they can handle
    /// no signal. A dry run only checks.
    package func kill(
        _ path: CgroupPath, signal: EndingSignal = .terminate, grace: Duration = .seconds(10),
        force: Bool = true, dryRun: Bool = false
    ) throws(ActuationError) -> Killed {
        try context.protected.check(.kill, on: path)
        let trees = try TargetTrees(path, in: context.set)
        let (index, directory) = try trees.tree(
            for: .kill, among: candidates(trees),
            remedy: "kill them in each of those cgroups")
        var residents = try Residents(trees, in: index)
        guard !residents.processes.isEmpty else { return try result(residents, .nobody, path) }
        let frozen = try cgroupsFrozenOnV1(trees, residents.processes)
        if !force { try checkUnfrozen(frozen, path, signal) }
        try checkRights(residents.processes, directory)
        if dryRun {
            return Killed(processes: residents.processes.count, means: nil)
        }
        if !frozen.isEmpty {
            killFrozen(frozen, residents)
            if isEmpty(&residents, within: .seconds(1)) {
                return try result(residents, .frozen(rounds: 1), path)
            }
        }
        if grace > .zero || !force {
            send(signal, to: residents.processes, residents)
            let isEmpty = try Deadline(after: grace).wait { () throws(ActuationError) in
                let asked = residents.seen
                try residents.update()
                // New processes have not received the signal yet.
                send(signal, to: residents.seen.subtracting(asked), residents)
                return residents.processes.isEmpty
            }
            if isEmpty { return try result(residents, .signal, path) }
        }
        guard force else {
            try residents.update()
            if residents.processes.isEmpty { return try result(residents, .signal, path) }
            throw ActuationError(
                .failed,
                "\(path) still holds \(trees.listed(residents.processes)) after "
                    + "SIG\(signal.name), and force is off")
        }
        try context.protected.check(.kill, on: path)
        try directory.checkCurrent()
        let means = try end(trees, index, directory, &residents)
        return try result(residents, means, path)
    }

    /// Returns the result, or throws if threads of processes elsewhere are left, which the kill
    /// spares.
    private func result(
        _ residents: Residents, _ means: Means, _ path: CgroupPath
    ) throws(ActuationError) -> Killed {
        if let strays = residents.strayText { throw Self.onlyThreads(path, strays) }
        return Killed(processes: residents.seen.count, means: means)
    }

    private static func onlyThreads(_ path: CgroupPath, _ strays: String) -> ActuationError {
        ActuationError(
            .failed,
            "\(path) holds \(strays), which this kill does not affect; kill it in its own "
                + "cgroup, or move it")
    }

    /// Returns the indexes of the cgroup's hierarchies, in order of preference.
    ///
    /// The unified one is first, because cgroup.kill kills all processes at once. v1's freezer is
    /// second.
    private func candidates(_ trees: TargetTrees) -> [Int] {
        let preferred = [context.set.unified, context.set.legacy(.freezer)].compactMap { $0 }.filter
        {
            trees.directories[$0] != nil
        }
        let others = context.set.hierarchies.indices.filter {
            trees.directories[$0] != nil && !preferred.contains($0)
        }
        return preferred + others
    }

    private func send(_ signal: EndingSignal, to pids: Set<Int32>, _ residents: Residents) {
        for pid in pids where pid > 1 {
            // The handle is opened before the lookup, so it cannot refer to a later process with
            // this PID.
            guard let process = try? ProcessHandle(pid), residents.contains(pid) else { continue }
            try? process.send(signal)
        }
    }

    /// Throws if this process may neither signal all processes nor kill through the cgroup.
    private func checkRights(
        _ pids: Set<Int32>, _ directory: CgroupDirectory
    ) throws(ActuationError) {
        let isUnified = directory.hierarchy.version == .unified
        if isUnified, directory.descriptor.isWritable("cgroup.kill") { return }
        for pid in pids.sorted() where pid > 1 {
            do throws(IOError) {
                try ProcessHandle(pid).checkSignalable()
            } catch {
                if error.isGone { continue }
                throw ActuationError(signalling: error, of: directory.path)
            }
        }
    }

    private func end(
        _ trees: TargetTrees, _ index: Int, _ directory: CgroupDirectory,
        _ residents: inout Residents
    ) throws(ActuationError) -> Means {
        if directory.hierarchy.version == .unified, try killByKernel(directory) {
            try confirmEmpty(trees, &residents, within: .seconds(10))
            clearFreezeRequests(directory)
            return .kernel
        }
        // Without the right to freeze the cgroup, its processes are killed while they run.
        let isFreezer =
            index == context.set.legacy(.freezer)
            && directory.descriptor.isWritable(Self.freezer.file)
        let watch =
            isFreezer
            ? try context.thawGuard.locking(in: context.journal?.directory)
                .watch(directory, timeout: .seconds(30)) : nil
        var rounds = 0
        while rounds < Self.mostRounds {
            rounds += 1
            // A release agent may have removed the cgroup once it was empty.
            if isFreezer, try !freeze(directory) { break }
            try? residents.update()
            send(.kill, to: residents.processes, residents)
            if isFreezer { thaw(directory) }
            if isEmpty(&residents, within: .milliseconds(200)) { break }
        }
        _ = consume watch
        try confirmEmpty(trees, &residents, within: .seconds(2))
        return isFreezer ? .frozen(rounds: rounds) : .oneByOne(rounds: rounds)
    }

    /// Kills the processes of frozen cgroups and thaws them, which also ends the freeze's helper.
    private func killFrozen(_ frozen: [CgroupDirectory], _ residents: Residents) {
        for cgroup in frozen { send(.kill, to: Set((try? cgroup.processes()) ?? []), residents) }
        // Ancestors first: a descendant runs only once they do.
        for cgroup in frozen { thawAlone(cgroup) }
    }

    /// Kills through `cgroup.kill`; false if the kernel lacks it, refuses it or forbids it.
    ///
    /// It needs Linux 5.14 and does not support threaded cgroups. A user who may signal the
    /// processes may lack the permission to write to it.
    private func killByKernel(_ directory: CgroupDirectory) throws(ActuationError) -> Bool {
        do throws(IOError) {
            try context.files.write("1", to: "cgroup.kill", of: directory)
            return true
        } catch {
            if error.isUnsupported || error.isPermission { return false }
            if error.isMissing {
                try directory.checkCurrent()
                return false
            }
            throw ActuationError(error, on: directory)
        }
    }

    private func isEmpty(_ residents: inout Residents, within time: Duration) -> Bool {
        Deadline(after: time).wait { () throws(Never) in
            do throws(ActuationError) {
                try residents.update()
                return residents.processes.isEmpty
            } catch {
                return false
            }
        }
    }

    private func confirmEmpty(
        _ trees: TargetTrees, _ residents: inout Residents, within time: Duration
    ) throws(ActuationError) {
        if isEmpty(&residents, within: time) { return }
        try residents.update()
        guard let left = residents.processes.min() else { return }
        _ = try cgroupsFrozenOnV1(trees, residents.processes)
        throw ActuationError(
            .failed,
            "\(trees.path) still holds \(trees.listed(residents.processes)): they were killed but "
                + "have not exited, perhaps in uninterruptible sleep (ps -o stat,wchan -p \(left))")
    }
}
