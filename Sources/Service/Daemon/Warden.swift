import Actuation
import CgroupModel
import Enforcement
import Hierarchy
import KernelIO
import Policy
import PolicyLanguage
import Reports

/// Runs the policy in force: evaluates each sample, performs the effects and writes the audit log.
///
/// It runs on its own thread, so that scrapes need not wait for files or, when the policy ends, for
/// the restore.
actor Warden {
    private let executor = ThreadExecutor(name: "warden")
    private let machine: Machine
    private let trail: AuditTrail
    private let enforcer: Enforcer
    private var engine: PolicyEngine
    private let simulation = SimulatedActuator()
    /// Results that did not come from the enforcer, for the next tick.
    private var answers: [EffectResult] = []
    private var guards: GuardRoster
    private var topology: TopologyReader
    private let triggers: TriggerInbox
    private let published: WardenNumbers
    private let guardian: GuardianLink?
    /// The changes of an earlier daemon; nil in a dry run, which changes nothing.
    private let inheritance: Inheritance?
    /// Undoes the changes of commands whose deadline has passed; nil in a dry run.
    private let expirations: Expirations?
    /// Whether everything was restored; nil until the policy has ended.
    private var ending: Bool?
    /// The time limit of the final restore; shorter than the service manager's.
    private static let patienceAtEnd = Duration.seconds(30)

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    init(
        _ policy: PolicyDocument, on machine: Machine, trail: AuditTrail, notices: any NoticeSink,
        hooks: any HookRunning, guardian: GuardianLink?, inheritance: Inheritance?,
        expirations: Expirations?, triggers: TriggerInbox, published: WardenNumbers
    ) {
        self.machine = machine
        self.trail = trail
        self.published = published
        self.guardian = guardian
        self.inheritance = inheritance
        self.triggers = triggers
        triggers.expect(policy)
        self.expirations = expirations
        let facts = Self.facts(policy, machine)
        engine = PolicyEngine(
            document: policy, facts: facts, vocabulary: PolicyVocabulary.metric(named:),
            sources: PolicyLayers.all(policy, mode: facts.mode) {
                machine.set.legacy($0) != nil
            })
        topology = TopologyReader(machine.set.system)
        enforcer = Enforcer(
            actions: Self.actions(policy, machine, guardian), hooks: hooks,
            policyHooks: policy.hooks,
            notices: notices)
        guards = GuardRoster(machine, notices: notices, hooks: hooks, deadlines: guardian) {
            trail.write($0)
        }
    }

    private static func facts(_ policy: PolicyDocument, _ machine: Machine) -> KernelFacts {
        KernelFacts(
            set: machine.set, policy: policy, holds: machine.holds,
            connections: machine.connections, identities: machine.identities)
    }

    private static func actions(
        _ policy: PolicyDocument, _ machine: Machine, _ guardian: GuardianLink?
    ) -> KernelActions {
        KernelActions(
            set: machine.set, files: machine.files, journal: machine.journal,
            holds: machine.holds, protection: policy.protection,
            thawGuard: guardian.map { ThawGuard($0) } ?? .own())
    }

    /// The interval between ticks.
    var interval: Duration { engine.policy.defaults.interval }

    /// The number of ticks between reads of costly files.
    var costlyMultiple: UInt64 {
        engine.usesCostlyFiles
            ? 1 : Sampler.costlyMultiple(interval: interval / .seconds(1))
    }

    /// The policy in force.
    var policy: PolicyDocument { engine.policy }

    /// Evaluates a sample, unless the policy has ended.
    func take(_ snapshot: Snapshot) {
        guard ending == nil else { return }
        let start = MonotonicClock.nanoseconds
        let isDry = engine.policy.defaults.isDryRun
        trail.tryAgain(at: snapshot.wallTime)
        let input = PolicyInput(
            of: snapshot, topology: engine.policy.pools.isEmpty ? nil : topology.read(),
            results: answers + enforcer.takeResults(), guarded: guards.taken,
            events: triggers.take())
        answers = []
        let output = engine.tick(input)
        trail.write(output.audit)
        inheritance?.follow(&engine)
        expirations?.follow()
        carryOut(output.effects, isDry: isDry)
        guards.follow(engine)
        published.set(
            engine.metrics, guards.statuses, nanoseconds: MonotonicClock.nanoseconds - start)
    }

    /// Whether the policy has limits to apply to new cgroups immediately.
    ///
    /// A dry run decides by samples only, like a back-test of the same period.
    var awaitsNewborns: Bool {
        ending == nil && !engine.policy.limits.isEmpty && !engine.policy.defaults.isDryRun
    }

    /// Applies limits to new cgroups that no sample contains yet.
    func welcome(_ newborns: Sampler.Newborns) {
        guard awaitsNewborns, !newborns.cgroups.isEmpty else { return }
        let output = engine.welcome(
            newborns.cgroups, after: newborns.tick,
            at: PolicyInstant(nanoseconds: MonotonicClock.bootNanoseconds),
            wallTime: MonotonicClock.wallMicroseconds)
        trail.write(output.audit)
        carryOut(output.effects, isDry: false)
    }

    /// Carries out effects; a dry run simulates them, so that it decides like a back-test of the
    /// same period.
    private func carryOut(_ effects: [Effect], isDry: Bool) {
        guard !isDry else { return answers = simulation.results(of: effects) }
        guard trail.isFailing else { return enforcer.enforce(effects) }
        // Without an audit log, disruptive effects are refused unless they undo something.
        let isForbidden = { (effect: Effect) in !effect.isUndo && effect.kind.isDisruptive }
        answers += effects.filter(isForbidden).map {
            EffectResult(id: $0.id, outcome: .vetoed("the audit log cannot be written"))
        }
        enforcer.enforce(effects.filter { !isForbidden($0) })
    }

    /// Adopts another policy; unchanged rules keep their state.
    ///
    /// A dry run has no guardian, and its state is not that of the cgroups, so it cannot become a
    /// live run.
    func reload(_ policy: PolicyDocument) throws {
        guard policy.defaults.isDryRun == engine.policy.defaults.isDryRun else {
            throw CgwardenError(
                "dry_run cannot change on reload; restart the daemon", .configuration)
        }
        let old = engine.policy
        engine.reload(policy, facts: Self.facts(policy, machine))
        guardian?.setRestoresOnExit(policy.defaults.restoresOnExit)
        enforcer.adopt(
            actions: Self.actions(policy, machine, guardian), policyHooks: policy.hooks)
        triggers.expect(policy)
        guards.reload(policy, after: old)
    }

    /// Ends the policy and restores values unless it keeps them; returns false if any are left.
    func stop() -> Bool {
        if let ending { return ending }
        let isDone = putBack()
        ending = isDone
        return isDone
    }

    private func putBack() -> Bool {
        // A hung hook would block the restore of its cgroup.
        enforcer.endHooks()
        let isUnguarded = guards.stop()
        let isDry = engine.policy.defaults.isDryRun
        // Drop effects that have not started; they need no undo.
        enforcer.dropWaiting()
        trail.write(engine.conclude(enforcer.takeResults()))
        let output = engine.stop()
        trail.write(output.audit)
        guard !isDry else { return true }
        enforcer.enforce(output.effects)
        let isDone = enforcer.waitUntilIdle(within: Self.patienceAtEnd)
        let results = enforcer.takeResults()
        trail.write(engine.conclude(results))
        let undone = Set(output.effects.filter(\.isUndo).map(\.id))
        let isTakenBack = results.allSatisfy { !undone.contains($0.id) || $0.outcome.isTakenBack }
        defer { expirations?.settle() }
        return isUnguarded && isDone && (settleRest() ?? isTakenBack)
    }

    /// The values of a cgroup that the policy manages.
    func claims(on path: CgroupPath) -> [PolicyClaim] { engine.claims(on: path) }

    /// Restores changes of an earlier daemon, and changes whose restore failed; returns false if
    /// any is left, and nil if the policy keeps its values.
    private func settleRest() -> Bool? {
        guard engine.policy.defaults.restoresOnExit else { return nil }
        return inheritance?.settleAll()
    }

    /// Returns the state of each rule, with up to `most` cgroups for which it is idle.
    func standing(mostIdle most: Int) -> [RuleExplanation] { engine.rules(mostIdle: most) }

    /// Explains the origin of each value of a cgroup.
    func explanation(of path: CgroupPath) throws -> ExplanationReport {
        try ExplanationReport(of: path, by: engine)
    }
}
