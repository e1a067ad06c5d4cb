import Actuation
import CgroupModel
import Enforcement
import Policy
import Synchronization

/// Arms an OOM guard for each cgroup that matches one, and disarms it when it does not any more.
///
/// It does so on a thread of its own, for files and systemd may let it wait, and no tick may.
struct GuardRoster: Sendable {
    /// Cgroups that could not be guarded, as that thread tells.
    private final class Refusals: Sendable {
        private let list = Mutex<[Effect.Target: OOMGuard]>([:])

        func add(_ target: Effect.Target, _ guarding: OOMGuard) {
            list.withLock { $0[target] = guarding }
        }

        func take() -> [Effect.Target: OOMGuard] {
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
    /// Told once, and tried again when the cgroup is a new one or the policy is.
    private var refused: [Effect.Target: OOMGuard] = [:]

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

    /// What is a guard's to set while it acts; raising one raises the others.
    private static let values = Set(
        ["memory.max", "memory.total", "memory.high", "memory.soft"].map { LimitKey($0) })

    /// Where each guard stands.
    var statuses: [OOMGuardRunner.Status] { runner?.statuses ?? [] }

    /// What the guards have taken over, so that no rule crosses them.
    var taken: [CgroupID: GuardedCgroup] {
        var result: [CgroupID: GuardedCgroup] = [:]
        for status in statuses {
            let isActing = status.state != .watching && status.state != .ended
            result[status.target.cgroup] = GuardedCgroup(
                name: status.name, isFrozen: isActing && status.state != .open,
                values: isActing ? Self.values : [])
        }
        return result
    }

    /// Follows the groups as they are after a tick.
    mutating func follow(_ engine: PolicyEngine) {
        let document = engine.policy
        guard !document.defaults.isDryRun, !document.guards.isEmpty || !armed.isEmpty else {
            return
        }
        var wanted: [Effect.Target: OOMGuard] = [:]
        for guarding in document.guards {
            for target in engine.members(of: guarding.group) where wanted[target] == nil {
                wanted[target] = guarding
            }
        }
        for (target, guarding) in refusals.take() where armed[target] == guarding {
            armed[target] = nil
            refused[target] = guarding
        }
        for (target, guarding) in armed where wanted[target] != guarding {
            lane.add { [runner] in runner?.disarm(target) }
            armed[target] = nil
        }
        refused = refused.filter { wanted[$0.key] == $0.value }
        for (target, guarding) in wanted
        where armed[target] == nil && refused[target] == nil {
            arm(guarding, target, document)
        }
    }

    private mutating func arm(
        _ guarding: OOMGuard, _ target: Effect.Target, _ document: PolicyDocument
    ) {
        let runner: OOMGuardRunner
        do throws(ActuationError) {
            if let running = self.runner {
                runner = running
            } else {
                runner = try OOMGuardRunner(tools(document))
            }
        } catch {
            refused[target] = guarding
            return tell(guarding, target, error)
        }
        self.runner = runner
        armed[target] = guarding
        lane.add { [self, refusals] in
            do throws(ActuationError) {
                try runner.arm(guarding, hooks: document.hooks, on: target)
            } catch {
                refusals.add(target, guarding)
                tell(guarding, target, error)
            }
        }
    }

    private func tell(_ guarding: OOMGuard, _ target: Effect.Target, _ error: ActuationError) {
        notices.send(
            Notice(
                sinks: guarding.sinks, level: .warning,
                text: "guard \(guarding.name) cannot guard \(target.path): \(error)"))
        audit(
            AuditRecord(
                wallTime: 0, sequence: 0, phase: .veto, origin: .guarding(guarding.name),
                target: target, action: "arm", note: error.message))
    }

    private func tools(_ document: PolicyDocument) -> GuardTools {
        let holds = machine.holds
        return GuardTools(
            set: machine.set, files: machine.files, journal: machine.journal,
            protected: ProtectedSet(set: machine.set, protection: document.protection),
            notices: notices, hooks: hooks, deadlines: deadlines,
            hold: { path in (try? holds.hold(of: path)).flatMap { $0 }.map { "\($0.path) is held" }
            },
            audit: audit)
    }

    /// Another policy: all guards begin anew if what all of them depend on has changed.
    mutating func reload(_ document: PolicyDocument, after old: PolicyDocument) {
        refused = [:]
        guard document.hooks != old.hooks || document.protection != old.protection else { return }
        lane.add { [runner] in runner?.stop() }
        runner = nil
        armed = [:]
    }

    /// Guards nothing any more; false if something may be left.
    mutating func stop() -> Bool {
        let isDone = lane.waitUntilEmpty(within: .seconds(10))
        runner?.stop()
        runner = nil
        armed = [:]
        return isDone
    }
}
