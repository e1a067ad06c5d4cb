import Actuation
import CgroupModel
import Enforcement
import Hierarchy
import Policy

/// What a policy would change on this machine now.
struct PolicyPlan {
    /// The values of one cgroup that are not as wanted.
    struct Change {
        let path: CgroupPath
        let values: [ValueExplanation]
        /// The writes; a failure says why there are none.
        let writes: Result<LimitReport, ActuationError>
    }

    /// Values that would be written.
    private(set) var changes: [Change] = []
    /// Values that are not as wanted and would not be written now.
    private(set) var refused: [ValueExplanation] = []
    /// What else would be done: freezing, hooks, notices.
    private(set) var acts: [AuditRecord] = []
    let guards: [GuardForecast]
    let leftovers: [PoolLeftover]
    let document: PolicyDocument
    let disabled: [(rule: String, reason: String)]
    /// Names of groups without a cgroup now.
    let emptyGroups: [String]

    init(_ rehearsal: PolicyRehearsal) {
        let engine = rehearsal.engine
        document = engine.policy
        leftovers = engine.leftovers
        disabled = engine.metrics.disabled
        emptyGroups = document.groups.map(\.name).filter { engine.members(of: $0).isEmpty }
        guards = document.guards.flatMap { guarding in
            engine.members(of: guarding.group).map { GuardForecast(guarding, $0, rehearsal) }
        }
        acts = rehearsal.output.audit.filter {
            $0.phase == .plan && $0.action != nil && $0.action != "set"
        }
        var wishes: [CgroupPath: [LimitAssignment]] = [:]
        for effect in rehearsal.output.effects {
            guard case .set(let assignments) = effect.kind else { continue }
            wishes[effect.target.path, default: []] += assignments
        }
        var values: [CgroupPath: [ValueExplanation]] = [:]
        for value in engine.plan() {
            if wishes[value.target.path]?.contains(where: { $0.key == value.key }) ?? false {
                values[value.target.path, default: []].append(value)
            } else {
                refused.append(value)
            }
        }
        for (path, values) in values.sorted(by: { $0.key < $1.key }) {
            let writes = Self.writes(path, wishes, document, rehearsal.set)
            // The kernel's rounding is no difference.
            if case .success(let report) = writes, report.plan.writes.allSatisfy(\.isDone) {
                continue
            }
            changes.append(Change(path: path, values: values, writes: writes))
        }
    }

    /// Whether anything would be done.
    var hasChanges: Bool { !changes.isEmpty || !acts.isEmpty }

    private static func writes(
        _ path: CgroupPath, _ wishes: [CgroupPath: [LimitAssignment]], _ document: PolicyDocument,
        _ set: HierarchySet
    ) -> Result<LimitReport, ActuationError> {
        let files = StateDirectory.files(of: set)
        let others = wishes.filter { $0.key != path }
        let requests = (wishes[path] ?? []).compactMap { assignment in
            assignment.key.limit.map {
                LimitRequest(
                    limit: $0, instance: assignment.key.instance, value: assignment.value)
            }
        }
        // As the daemon does: v1 refuses a limit below usage by itself, v2 reclaims first.
        let isUnified = set.legacy(.memory) == nil
        do throws(ActuationError) {
            let plan = try LimitPlanner(
                set: set, files: WishedFiles(files, wishes: others),
                protected: ProtectedSet(set: set, protection: document.protection),
                host: HostFacts(set.system)
            ).plan(requests, on: path, force: !isUnified, shrink: isUnified)
            let routes = try LimitRoutes(of: plan, through: files)
            try plan.checkWritable { routes[$0] != nil }
            return .success(LimitReport(path: path, plan: plan, routes: routes, results: nil))
        } catch {
            return .failure(error)
        }
    }

    /// What one sample cannot tell, a sentence each.
    var notes: [String] {
        var notes = disabled.map { "rule \($0.rule) is disabled: \($0.reason)" }
        notes += emptyGroups.map { "group \($0) has no cgroup now" }
        if !document.rules.isEmpty {
            notes.append(
                "one sample tells little of rules; see `cgwarden daemon --dry-run` and "
                    + "`cgwarden policy backtest`")
        }
        return notes
    }
}

/// Where an OOM guard would act, and whether it would come in time.
struct GuardForecast {
    let name: String
    let path: CgroupPath
    /// In bytes; nil without a limit.
    let limit: UInt64?
    let freezesAt: UInt64, resumesAt: UInt64
    /// What is left between freezing and the limit, in bytes.
    let margin: UInt64
    /// Whether the kernel's OOM killer may be faster.
    let isBestEffort: Bool

    /// How long a freeze takes at most, in seconds, from the wake-up on.
    private static let reaction = 0.05

    init(_ guarding: OOMGuard, _ target: Effect.Target, _ rehearsal: PolicyRehearsal) {
        name = guarding.name
        path = target.path
        isBestEffort = rehearsal.set.legacy(.memory) == nil
        let snapshot = rehearsal.snapshot
        let wanted = rehearsal.engine.layers(of: target.cgroup).first {
            $0.key == LimitKey("memory.max")
        }?.wanted?.number
        let actual = snapshot.index(of: path).flatMap { snapshot[$0, .memoryMax].value }
        limit = guarding.limit ?? wanted ?? actual
        let whole = Double(limit ?? 0)
        freezesAt = UInt64(whole * guarding.freezeAt)
        resumesAt = UInt64(whole * guarding.resumeAt)
        margin = UInt64(whole) - freezesAt
    }

    /// The growth that the margin suffices for, in bytes a second.
    var growth: UInt64 { UInt64(Double(margin) / Self.reaction) }

    var text: String {
        guard let limit else {
            return
                "guard \(name) of \(path): there is no memory limit, so there is nothing to guard"
        }
        var text =
            "guard \(name) of \(path): limit \(ByteAmount.text(limit)), freezes at "
            + "\(ByteAmount.text(freezesAt)), thaws below \(ByteAmount.text(resumesAt)); the margin "
            + "of \(ByteAmount.text(margin)) is enough for growth up to \(ByteAmount.text(growth))/s"
        if isBestEffort {
            text += "; best effort, for v2 cannot hold the OOM killer back"
        }
        return text
    }
}
