public import CgroupModel
internal import KernelIO
public import Policy
internal import Synchronization

/// Does what the engine wants done, on threads of its own: whoever calls it is never held up.
///
/// Effects of one chain, and those on one cgroup, are done in their order; others at the same time.
/// An action that does not return in time is given up as ``EffectResult/Outcome/hung``: its cgroup
/// is left alone until it does return, which brings a second result under the same number.
public final class Enforcer: Sendable {
    /// How much may go on at once.
    public struct Bounds: Hashable, Sendable {
        /// Actions that are being done.
        public var threads = 8
        /// Actions that hang and do not count among those.
        public var abandoned = 16
        /// Actions that wait.
        public var waiting = 1 << 16
        /// What an action may take, besides what it takes by its nature.
        public var deadline = Duration.seconds(5)

        /// The usual bounds.
        public init() {}
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

    /// Starts with the hooks of a policy.
    public convenience init(
        actions: any EffectPerforming, hooks: any HookRunning, policyHooks: [Hook],
        notices: any NoticeSink, bounds: Bounds = Bounds()
    ) {
        self.init(
            actions: actions, hooks: hooks, policyHooks: policyHooks, notices: notices,
            bounds: bounds, clock: EffectClock())
    }

    /// The same with another clock.
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

    /// Goes on with another policy; what was begun ends as it began.
    public func adopt(actions: any EffectPerforming, policyHooks: [Hook]) {
        parts.withLock { $0 = Parts(actions: actions, policyHooks: policyHooks) }
    }

    /// Takes effects over, and returns at once.
    public func enforce(_ effects: [Effect]) {
        queue.withLock { $0.add(effects) }
        advance()
    }

    /// What became of effects since the last call; what is overdue is given up here.
    public func takeResults() -> [EffectResult] {
        queue.withLock { $0.giveUp(now: clock.now()) }
        advance()
        return queue.withLock { $0.takeResults() }
    }

    /// Whether an action on a cgroup hangs.
    public func isQuarantined(_ cgroup: CgroupID) -> Bool {
        queue.withLock { $0.isQuarantined(cgroup) }
    }

    /// Waits until all is done that was taken over; false if that takes longer.
    public func waitUntilIdle(within time: Duration) -> Bool {
        Deadline(after: time).wait { queue.withLock(\.isIdle) }
    }

    /// Ends the hooks that run, and begins no more; their effects fail.
    public func endHooks() {
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
            // It may wait for its turn, and for its own end after it was told to.
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
            tell(effect, sinks, level, text)
            finish(number, [EffectResult(id: effect.id, outcome: .done)])
        case .log(let level, let text):
            tell(effect, [], level, text)
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
                let failure = EffectResult.Failure(errno: error.name, "\(error)")
                finish(
                    number, job.effects.map { EffectResult(id: $0.id, outcome: .failed(failure)) })
            }
        }
    }

    /// A dry run starts no program, for what that does nobody can know.
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
            case .vetoed: ended(.vetoed("the hook \(name) says no"))
            case .failed(let reason): ended(.failed(.init("the hook \(name): \(reason)")))
            case .timedOut:
                ended(.failed(.init("the hook \(name) was ended after \(hook.timeout)")))
            }
        }
        if !waits { ended(.done) }
    }

    private func tell(_ effect: Effect, _ sinks: [String], _ level: LogLevel, _ text: String) {
        notices.send(
            Notice(
                sinks: sinks, level: level, text: effect.isDryRun ? "dry run: \(text)" : text,
                fields: NoticeFields.of(effect)))
    }
}

/// The time in which actions are done and given up.
struct EffectClock: Sendable {
    /// The time in nanoseconds.
    var now: @Sendable () -> UInt64 = { MonotonicClock.nanoseconds }
    /// Waits.
    var pause: @Sendable (Duration) -> Void = { Pause.sleep($0) }
}

/// What is known of an effect, under the names that a log and a hook use.
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
