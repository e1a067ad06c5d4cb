internal import Actuation
internal import CgroupModel
package import Hierarchy
internal import KernelIO
internal import Policy
internal import Synchronization

/// Runs the policy's hooks as processes, a few at a time.
///
/// When a hook ends, its process group is killed, and its cgroup where one could be created.
package final class HookRunner: HookRunning {
    private typealias Waiting = (run: HookRun, ended: @Sendable (HookEnding) -> Void)

    private struct State {
        /// The running hooks by number; nil where no event descriptor was free.
        var running: [Int: HookStop?] = [:]
        var waiting: [Waiting] = []
        var serial = 0
    }

    private let state = Mutex(State())
    private let parallel: Int
    private let cgroups: HookCgroups?
    private let grace: Duration
    private static let mostWaiting = 64

    /// Runs at most `parallel` hooks at once, in cgroups below the program's own one in `set`.
    ///
    /// Without hierarchies, hooks run in sessions of their own, but not in cgroups.
    package convenience init(parallel: Int = 4, set: HierarchySet?) {
        self.init(parallel: parallel, set: set, grace: HookProcess.grace)
    }

    /// Creates a runner with another time between SIGTERM and SIGKILL.
    init(parallel: Int = 4, set: HierarchySet?, grace: Duration) {
        self.parallel = parallel
        self.grace = grace
        cgroups = set.flatMap { HookCgroups($0) }
    }

    /// Starts a hook, or queues it; `ended` is called exactly once.
    package func start(_ run: HookRun, ended: @escaping @Sendable (HookEnding) -> Void) {
        let isFull = state.withLock { state in
            guard state.waiting.count < Self.mostWaiting else { return true }
            state.waiting.append((run, ended))
            return false
        }
        if isFull { return ended(.failed("too many hooks are queued")) }
        advance()
    }

    /// Ends the running hooks and drops the waiting ones; all of them fail.
    package func endAll() {
        let (waiting, running) = state.withLock { state in
            defer { state.waiting = [] }
            return (state.waiting, state.running.values.compactMap { $0 })
        }
        for stop in running { stop.ask() }
        for (_, ended) in waiting { ended(HookStop.ending) }
    }

    private func advance() {
        let next = state.withLock { state -> (Waiting, Int, HookStop?)? in
            guard state.running.count < parallel, !state.waiting.isEmpty else { return nil }
            state.serial += 1
            let stop = try? HookStop()
            state.running.updateValue(stop, forKey: state.serial)
            return (state.waiting.removeFirst(), state.serial, stop)
        }
        guard let ((run, ended), number, stop) = next else { return }
        do throws(IOError) {
            try WorkerThread.start("cgw-hook") { [self] in
                let ending = HookProcess(
                    run: run, number: number, cgroups: cgroups, stop: stop, grace: grace
                ).perform()
                finish(number)
                ended(ending)
            }
        } catch {
            finish(number)
            ended(.failed("\(error)"))
        }
    }

    private func finish(_ number: Int) {
        state.withLock { _ = $0.running.removeValue(forKey: number) }
        advance()
    }
}
