package import CgroupModel
internal import KernelIO
package import Policy
package import PolicyLanguage
internal import Synchronization

/// Performs the policy engine's effects on background threads, without blocking the caller.
///
/// Effects of one chain or on one cgroup run in order; others run in parallel. An action that
/// exceeds its deadline is given up as ``EffectResult/Outcome/hung``. Its cgroup is quarantined
/// until the action returns, which produces a second result with the same number.
package final class Enforcer: Sendable {
    /// The limits on concurrent actions.
    package struct Bounds: Hashable, Sendable {
        /// The number of actions that run at once.
        package var threads = 8
        /// The number of hung actions that do not count toward ``threads``.
        package var abandoned = 16
        /// The number of waiting actions.
        package var waiting = 1 << 16
        /// The time that an action may take, apart from the extra time of its kind.
        package var deadline = Duration.seconds(5)

        /// Creates the default bounds.
        package init() {}
    }

    private struct Parts: Sendable {
        var actions: any EffectPerforming
        var policyHooks: [Hook]
    }

    private let parts: Mutex<Parts>
    private let hooks: any HookRunning
    private let notices: any NoticeSink
    private let queue: Mutex<EffectQueue>
    private let clock: EffectClock

    /// Creates an enforcer with the hooks of a policy.
    package convenience init(
        actions: any EffectPerforming, hooks: any HookRunning, policyHooks: [Hook],
        notices: any NoticeSink, bounds: Bounds = Bounds()
    ) {
        self.init(
            actions: actions, hooks: hooks, policyHooks: policyHooks, notices: notices,
            bounds: bounds, clock: EffectClock())
    }

    /// Creates an enforcer with a given clock.
    init(
        actions: any EffectPerforming, hooks: any HookRunning, policyHooks: [Hook],
        notices: any NoticeSink, bounds: Bounds, clock: EffectClock
    ) {
        parts = Mutex(Parts(actions: actions, policyHooks: policyHooks))
        self.hooks = hooks
        self.notices = notices
        queue = Mutex(EffectQueue(bounds: bounds))
        self.clock = clock
    }

    /// Switches to another policy; running actions finish with the old one.
    package func adopt(actions: any EffectPerforming, policyHooks: [Hook]) {
        parts.withLock { $0 = Parts(actions: actions, policyHooks: policyHooks) }
    }

    /// Queues effects and returns immediately.
    package func enforce(_ effects: [Effect]) {
        queue.withLock { $0.add(effects) }
        advance()
    }

    /// Reports overdue actions as hung, and returns the results since the last call.
    package func takeResults() -> [EffectResult] {
        queue.withLock { $0.giveUp(now: clock.now()) }
        advance()
        return queue.withLock { $0.takeResults() }
    }

    /// Skips the effects that have not started, except undos and thaws.
    package func dropWaiting() {
        queue.withLock { $0.dropWaiting() }
        advance()
    }

    /// Whether an action on a cgroup is hung.
    package func isQuarantined(_ cgroup: CgroupID) -> Bool {
        queue.withLock { $0.isQuarantined(cgroup) }
    }

    /// Waits until all queued effects are done; false on timeout.
    package func waitUntilIdle(within time: Duration) -> Bool {
        Deadline(after: time).wait { queue.withLock(\.isIdle) }
    }

    /// Ends the running hooks and starts no more; their effects fail.
    package func endHooks() {
        queue.withLock { $0.startsHooks = false }
        hooks.endAll()
        advance()
    }

    private func advance() {
        let parts = parts.withLock { $0 }
        let jobs = queue.withLock {
            $0.startable(now: clock.now()) { patience(for: $0, parts) }
        }
        for job in jobs { start(job, parts) }
    }

    private func patience(for effect: Effect, _ parts: Parts) -> Duration {
        if case .hook(let name, _, _) = effect.kind {
            let hook = parts.policyHooks.first { $0.name == name }
            // A hook may wait for a free slot, and after its timeout for its exit.
            return (hook?.timeout ?? .zero) * 2 + .seconds(2)
        }
        return parts.actions.patience(for: effect)
    }

    private func finish(_ number: UInt64, _ results: [EffectResult]) {
        queue.withLock { $0.finish(number, results) }
        advance()
    }

    private func start(_ job: EffectQueue.Job, _ parts: Parts) {
        let effect = job.effects[0]
        let number = job.number
        switch effect.kind {
        case .hook(let name, let phase, let waits):
            start(hook: name, phase, waits: waits, for: effect, parts) { [self] outcome in
                finish(number, [EffectResult(id: effect.id, outcome: outcome)])
            }
        case .notify(let sinks, let level, let text):
            send(effect, sinks, level, text)
            finish(number, [EffectResult(id: effect.id, outcome: .done)])
        case .log(let level, let text):
            send(effect, [], level, text)
            finish(number, [EffectResult(id: effect.id, outcome: .done)])
        default:
            do throws(IOError) {
                try WorkerThread.start("cgw-\(effect.kind.name)") { [self] in
                    let results = parts.actions.perform(job.effects) { [self] time in
                        queue.withLock { $0.extend(number, by: time) }
                        clock.pause(time)
                    }
                    finish(number, results)
                }
            } catch {
                let failure = EffectResult.Failure(errno: error.errno, "\(error)")
                finish(
                    number, job.effects.map { EffectResult(id: $0.id, outcome: .failed(failure)) })
            }
        }
    }

    /// Starts a hook.
    ///
    /// A dry run does not start the program, because its effect is unknown.
    private func start(
        hook name: String, _ phase: Effect.Phase, waits: Bool, for effect: Effect,
        _ parts: Parts, ended: @escaping @Sendable (EffectResult.Outcome) -> Void
    ) {
        guard let hook = parts.policyHooks.first(where: { $0.name == name }) else {
            return ended(.failed(.init("the policy has no hook \(name)")))
        }
        if effect.isDryRun { return ended(.done) }
        let run = HookRun(
            hook: hook, rule: effect.origin.name, target: effect.target, action: effect.kind.name,
            phase: phase, cause: effect.cause)
        hooks.start(run) { ending in
            guard waits else { return }
            switch ending {
            case .succeeded: ended(.done)
            case .vetoed: ended(.vetoed("the hook \(name) refused"))
            case .failed(let reason): ended(.failed(.init("the hook \(name): \(reason)")))
            case .timedOut:
                ended(.failed(.init("the hook \(name) timed out after \(hook.timeout)")))
            }
        }
        if !waits { ended(.done) }
    }

    private func send(_ effect: Effect, _ sinks: [String], _ level: LogLevel, _ text: String) {
        notices.send(
            Notice(
                sinks: sinks, level: level, text: effect.isDryRun ? "dry run: \(text)" : text,
                fields: NoticeFields.of(effect)))
    }
}

/// The clock for actions and their deadlines.
struct EffectClock: Sendable {
    /// The current time in nanoseconds.
    var now: @Sendable () -> UInt64 = { MonotonicClock.nanoseconds }
    /// Waits for a duration.
    var pause: @Sendable (Duration) -> Void = { Pause.sleep($0) }
}

/// The properties of an effect, with the names that logs and hooks use.
enum NoticeFields {
    static func of(_ effect: Effect) -> [String: String] {
        [
            "CGWARDEN_RULE": effect.origin.name,
            "CGWARDEN_GROUP": effect.target.path.description,
            "CGWARDEN_INODE": "\(effect.target.cgroup.inode)",
            "CGWARDEN_ACTION": effect.kind.name,
            "CGWARDEN_CAUSE_JSON": effect.cause.json,
            "CGWARDEN_DRY_RUN": effect.isDryRun ? "1" : "0",
        ]
    }
}
