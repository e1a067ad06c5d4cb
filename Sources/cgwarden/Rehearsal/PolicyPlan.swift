import Actuation
import CgroupModel
import Enforcement
import Hierarchy
import Policy
import PolicyLanguage

/// The changes that a policy would make on this host now.
struct PolicyPlan {
    /// The values of one cgroup that differ from the policy's requests.
    struct Change {
        let path: CgroupPath
        let values: [ValueExplanation]
        /// The writes; nil if there are none.
        var writes: LimitReport?
        /// The values that cannot be set, with reasons.
        var refused: [(name: String, reason: String)] = []
    }

    /// The changes that would be written.
    private(set) var changes: [Change] = []
    /// Values that differ but would not be written now.
    private(set) var refused: [ValueExplanation] = []
    /// Other actions that would run: freezing, hooks, notices.
    private(set) var acts: [AuditRecord] = []
    let guards: [GuardForecast]
    let leftovers: [PoolLeftover]
    let document: PolicyDocument
    let disabled: [(rule: String, reason: String)]
    /// The names of groups that currently have no cgroup.
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
        var together: Set<CgroupPath> = []
        for effect in rehearsal.output.effects {
            guard case .set(let assignments) = effect.kind else { continue }
            if effect.isTogether { together.insert(effect.target.path) }
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
            var change = Change(path: path, values: values)
            Self.plan(&change, wishes, together.contains(path), document, rehearsal.set)
            // A difference that the kernel's rounding causes is not a change.
            if change.refused.isEmpty, change.writes?.plan.writes.allSatisfy(\.isDone) ?? true {
                continue
            }
            changes.append(change)
        }
    }

    /// Whether the policy would do anything.
    var hasChanges: Bool { !changes.isEmpty || !acts.isEmpty }

    private static func plan(
        _ change: inout Change, _ wishes: [CgroupPath: [LimitAssignment]], _ isTogether: Bool,
        _ document: PolicyDocument, _ set: HierarchySet
    ) {
        let path = change.path
        let files = StateDirectory.files(of: set)
        let others = wishes.filter { $0.key != path }
        let requests = (wishes[path] ?? []).compactMap { assignment in
            assignment.key.limit.map {
                LimitRequest(
                    limit: $0, instance: assignment.key.instance, value: assignment.value)
            }
        }
        // As in the daemon: v1 refuses a limit below usage by itself; v2 reclaims first.
        let isUnified = set.legacy(.memory) == nil
        let planner = LimitPlanner(
            set: set, files: WishedFiles(files, wishes: others),
            protected: ProtectedSet(set: set, protection: document.protection),
            host: HostFacts(set.system))
        let selection = planner.planEach(requests, on: path, force: !isUnified, shrink: isUnified)
        change.refused = selection.refused.map { request, error in
            (
                [request.limit.name, request.instance].compactMap(\.self).joined(separator: " "),
                error.message
            )
        }
        if isTogether, !change.refused.isEmpty { return }
        for part in selection.plan?.parts ?? [] {
            do throws(ActuationError) {
                let routes = try LimitRoutes(of: part, through: files)
                try part.checkWritable { routes[$0] != nil }
            } catch {
                let names = Set(part.writes.map(\.name)).sorted().joined(separator: " ")
                change.refused.append((names, error.message))
            }
        }
        guard change.refused.count < requests.count, let plan = selection.plan,
            let routes = try? LimitRoutes(of: plan, through: files)
        else { return }
        change.writes = LimitReport(path: path, plan: plan, routes: routes, results: nil)
    }

    /// Notes on the limits of a single sample, one sentence each.
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

/// The thresholds of an OOM guard, and the growth for which it is fast enough.
struct GuardForecast {
    let name: String
    let path: CgroupPath
    /// The memory limit in bytes; nil if there is none.
    let limit: UInt64?
    let freezesAt: UInt64, resumesAt: UInt64
    /// The memory between the freeze threshold and the limit, in bytes.
    let margin: UInt64
    /// Whether the kernel's OOM killer may be faster than the guard.
    let isBestEffort: Bool

    /// The longest time of a freeze in seconds, counted from the wake-up.
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

    /// The fastest growth that the margin covers, in bytes per second.
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
