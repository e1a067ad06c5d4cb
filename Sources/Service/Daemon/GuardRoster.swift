import Actuation
import CgroupModel
import Enforcement
import KernelIO
import Policy
import PolicyLanguage
import Synchronization

/// Arms an OOM guard for each matching cgroup, and disarms it once the cgroup no longer matches.
///
/// Arming runs on a thread of its own, because files and systemd can block and a tick must not.
struct GuardRoster: Sendable {
    /// The cgroups that the arming thread could not guard.
    private final class Refusals: Sendable {
        private let list = Mutex<[Effect.Target: Refusal]>([:])

        func add(_ target: Effect.Target, _ refusal: Refusal) {
            list.withLock { $0[target] = refusal }
        }

        func take() -> [Effect.Target: Refusal] {
            list.withLock { list in
                defer { list = [:] }
                return list
            }
        }
    }

    private let lane = BackgroundQueue<@Sendable () -> Void>("cgw-arm", capacity: 4096) { $0() }
    private let refusals = Refusals()
    private let machine: Machine
    private let notices: any NoticeSink
    private let hooks: any HookRunning
    private let deadlines: (any ThawKeeping)?
    private let audit: @Sendable (AuditRecord) -> Void
    private var runner: OOMGuardRunner?
    private var armed: [Effect.Target: OOMGuard] = [:]
    /// The refusals reported so far, with the time of the next try.
    ///
    /// Each reason is reported once. A missing limit may be one that the policy is about to set.
    private var refused: [Effect.Target: Refusal] = [:]

    /// A guard that is ignored because another guard has its cgroup.
    private struct Ignored: Hashable {
        let target: Effect.Target
        let name: String
    }

    /// The ignored guards that were reported.
    private var ignored: Set<Ignored> = []

    /// The cgroups whose guard was running at the last tick.
    private var seen: Set<Effect.Target> = []
    /// The values of other layers that each guard was last given.
    private var otherLayers: [Effect.Target: [LimitKey: LimitValue]] = [:]

    private struct Refusal: Sendable {
        var guarding: OOMGuard
        var reason: String
        /// The time of the next try, by the monotonic clock in nanoseconds.
        var nextTry: UInt64

        init(_ guarding: OOMGuard, _ error: ActuationError) {
            self.guarding = guarding
            reason = error.message
            nextTry = MonotonicClock.nanoseconds + Self.pause
        }

        private static let pause: UInt64 = 1_000_000_000
    }

    init(
        _ machine: Machine, notices: any NoticeSink, hooks: any HookRunning,
        deadlines: (any ThawKeeping)?, audit: @escaping @Sendable (AuditRecord) -> Void
    ) {
        self.machine = machine
        self.notices = notices
        self.hooks = hooks
        self.deadlines = deadlines
        self.audit = audit
    }

    /// The values that a guard owns while it acts; raising one can require raising the others.
    private static let values = Set(
        ["memory.max", "memory.memsw.max", "memory.high", "memory.soft_limit"].map { LimitKey($0) })

    /// The state of each guard.
    var statuses: [OOMGuardRunner.Status] { runner?.statuses ?? [] }

    /// The cgroups and values that guards have taken over, which rules must not change.
    var taken: [CgroupID: GuardedCgroup] {
        var result: [CgroupID: GuardedCgroup] = [:]
        for status in statuses {
            let isActing = status.state != .watching && status.state != .ended
            // A guard owns a limit that it raised until it has restored it.
            result[status.target.cgroup] = GuardedCgroup(
                name: status.name, isFrozen: isActing && status.state != .open,
                values: isActing || status.isRaised ? Self.values : [],
                settings: status.settings, bounds: status.bounds)
        }
        return result
    }

    /// Arms, updates and disarms guards after a tick, to match the policy's groups.
    mutating func follow(_ engine: PolicyEngine) {
        let statuses = statuses
        let present = Set(statuses.map(\.target))
        for target in seen.subtracting(present) {
            // The guard ended by itself: its cgroup is gone or could not be watched.
            guard let guarding = armed.removeValue(forKey: target) else { continue }
            refused[target] = Refusal(
                guarding, ActuationError(.failed, "its guard stopped unexpectedly"))
        }
        seen = present
        let document = engine.policy
        guard !document.defaults.isDryRun, !document.guards.isEmpty || !armed.isEmpty else {
            return
        }
        let wanted = wanted(engine)
        for (target, refusal) in refusals.take() where armed[target] == refusal.guarding {
            armed[target] = nil
            note(refusal, target)
        }
        for (target, guarding) in armed where wanted[target] != guarding {
            lane.add { [runner] in runner?.disarm(target) }
            armed[target] = nil
            seen.remove(target)
        }
        otherLayers = otherLayers.filter { armed[$0.key] != nil }
        for target in armed.keys {
            let values = Self.otherLayers(engine, target)
            guard otherLayers[target] != values else { continue }
            otherLayers[target] = values
            lane.add { [runner] in runner?.updateOtherLayers(values, of: target) }
        }
        refused = refused.filter { wanted[$0.key] == $0.value.guarding }
        let now = MonotonicClock.nanoseconds
        for (target, guarding) in wanted
        where armed[target] == nil && now >= refused[target]?.nextTry ?? 0 {
            arm(guarding, target, document, otherLayers: Self.otherLayers(engine, target))
        }
    }

    /// The guard of each cgroup: the policy's first matching guard; further ones are reported once.
    private mutating func wanted(_ engine: PolicyEngine) -> [Effect.Target: OOMGuard] {
        var wanted: [Effect.Target: OOMGuard] = [:]
        var ignored: Set<Ignored> = []
        for guarding in engine.policy.guards {
            for target in engine.present(of: guarding.group) {
                guard let first = wanted[target] else {
                    wanted[target] = guarding
                    continue
                }
                let one = Ignored(target: target, name: guarding.name)
                ignored.insert(one)
                guard !self.ignored.contains(one) else { continue }
                warn(guarding, target, "guard \(first.name) already guards it")
            }
        }
        self.ignored = ignored
        return wanted
    }

    /// The values that other layers request for limits that a guard sets at times.
    private static func otherLayers(
        _ engine: PolicyEngine, _ target: Effect.Target
    ) -> [LimitKey: LimitValue] {
        engine.valuesBelowGuards(of: target.cgroup).filter {
            values.contains($0.key) || $0.key.name == "memory.oom.group"
        }
    }

    private mutating func arm(
        _ guarding: OOMGuard, _ target: Effect.Target, _ document: PolicyDocument,
        otherLayers values: [LimitKey: LimitValue]
    ) {
        let runner: OOMGuardRunner
        do throws(ActuationError) {
            if let running = self.runner {
                runner = running
            } else {
                runner = try OOMGuardRunner(tools(document))
            }
        } catch {
            return note(Refusal(guarding, error), target)
        }
        self.runner = runner
        armed[target] = guarding
        otherLayers[target] = values
        lane.add { [refusals] in
            do throws(ActuationError) {
                try runner.arm(guarding, hooks: document.hooks, on: target, otherLayers: values)
            } catch {
                refusals.add(target, Refusal(guarding, error))
            }
        }
    }

    /// Records a refusal, and reports it if its reason is new for the cgroup.
    private mutating func note(_ refusal: Refusal, _ target: Effect.Target) {
        let isKnown = refused[target]?.reason == refusal.reason
        refused[target] = refusal
        if !isKnown { warn(refusal.guarding, target, refusal.reason) }
    }

    private func warn(_ guarding: OOMGuard, _ target: Effect.Target, _ reason: String) {
        notices.send(
            Notice(
                sinks: guarding.sinks, level: .warning,
                text: "guard \(guarding.name) cannot guard \(target.path): \(reason)"))
        audit(
            AuditRecord(
                wallTime: MonotonicClock.wallMicroseconds, sequence: 0, phase: .veto,
                origin: .guarding(guarding.name),
                target: target, action: "arm", note: reason))
    }

    private func tools(_ document: PolicyDocument) -> GuardTools {
        let holds = machine.holds
        return GuardTools(
            ActingContext(
                machine.set, files: machine.files,
                journal: machine.journal.owned(by: JournalEntry.guarding),
                protection: document.protection),
            notices: notices, hooks: hooks, deadlines: deadlines,
            hold: { path in holds.obstacle(on: path) },
            audit: audit)
    }

    /// Adopts a new policy; stops all guards if the hooks or the protection have changed.
    mutating func reload(_ document: PolicyDocument, after old: PolicyDocument) {
        refused = [:]
        guard document.hooks != old.hooks || document.protection != old.protection else { return }
        lane.add { [runner] in runner?.stop() }
        runner = nil
        armed = [:]
        seen = []
        otherLayers = [:]
    }

    /// Stops all guards; returns false if values may be left.
    mutating func stop() -> Bool {
        let isDone = lane.waitUntilEmpty(within: .seconds(10))
        let isUnguarded = runner?.stop() ?? true
        runner = nil
        armed = [:]
        return isDone && isUnguarded
    }
}
