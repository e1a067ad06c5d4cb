internal import Actuation
internal import CgroupModel
public import Hierarchy
internal import KernelIO
internal import Policy
internal import Synchronization

/// Runs the policy's hooks as processes, a few at a time.
///
/// When a hook ends, its process group is killed, and its cgroup where one could be created.
public final class HookRunner: HookRunning {
    private typealias Waiting = (run: HookRun, ended: @Sendable (HookEnding) -> Void)

    private struct State {
        var running = 0
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
    /// Without hierarchies, hooks run in sessions alone.
    public convenience init(parallel: Int = 4, set: HierarchySet?) {
        self.init(parallel: parallel, set: set, grace: HookProcess.grace)
    }

    /// Creates a runner with another time between SIGTERM and SIGKILL.
    init(parallel: Int = 4, set: HierarchySet?, grace: Duration) {
        self.parallel = parallel
        self.grace = grace
        cgroups = set.flatMap { HookCgroups($0) }
    }

    /// Starts a hook, or queues it; `ended` is called exactly once.
    public func start(_ run: HookRun, ended: @escaping @Sendable (HookEnding) -> Void) {
        let isFull = state.withLock { state in
            guard state.waiting.count < Self.mostWaiting else { return true }
            state.waiting.append((run, ended))
            return false
        }
        if isFull { return ended(.failed("too many hooks wait for their turn already")) }
        advance()
    }

    private func advance() {
        let next = state.withLock { state -> (Waiting, Int)? in
            guard state.running < parallel, !state.waiting.isEmpty else { return nil }
            state.running += 1
            state.serial += 1
            return (state.waiting.removeFirst(), state.serial)
        }
        guard let ((run, ended), number) = next else { return }
        do throws(IOError) {
            try WorkerThread.start("cgw-hook") { [self] in
                let ending = HookProcess(
                    run: run, number: number, cgroups: cgroups, grace: grace
                ).perform()
                finish()
                ended(ending)
            }
        } catch {
            finish()
            ended(.failed("\(error)"))
        }
    }

    private func finish() {
        state.withLock { $0.running -= 1 }
        advance()
    }
}
