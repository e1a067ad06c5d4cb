internal import Actuation
internal import CgroupModel
internal import Enforcement
internal import Hierarchy
internal import Policy
internal import PolicyLanguage
package import Reports

extension PolicyPlan {
    /// Plans what the first tick of a policy would change on this host.
    package init(_ rehearsal: PolicyRehearsal) {
        let engine = rehearsal.engine
        let document = engine.policy
        let emptyGroups = document.groups.map(\.name).filter { engine.members(of: $0).isEmpty }
        let guards = document.guards.flatMap { guarding in
            engine.members(of: guarding.group).map { GuardForecast(guarding, $0, rehearsal) }
        }
        let acts = rehearsal.output.audit.filter {
            $0.phase == .plan && $0.action != nil && $0.action != "set"
        }
        var requested: [CgroupPath: [LimitAssignment]] = [:]
        var together: Set<CgroupPath> = []
        for effect in rehearsal.output.effects {
            guard case .set(let assignments) = effect.kind else { continue }
            if effect.isTogether { together.insert(effect.target.path) }
            requested[effect.target.path, default: []] += assignments
        }
        var values: [CgroupPath: [ValueExplanation]] = [:]
        var refused: [ValueExplanation] = []
        for value in engine.plan() {
            if requested[value.target.path]?.contains(where: { $0.key == value.key }) ?? false {
                values[value.target.path, default: []].append(value)
            } else {
                refused.append(value)
            }
        }
        var changes: [Change] = []
        for (path, values) in values.sorted(by: { $0.key < $1.key }) {
            var change = Change(path: path, values: values)
            Self.plan(&change, requested, together.contains(path), document, rehearsal.set)
            // A difference that the kernel's rounding causes is not a change.
            if change.refused.isEmpty, change.writes?.plan.writes.allSatisfy(\.isDone) ?? true {
                continue
            }
            changes.append(change)
        }
        self.init(
            changes: changes, refused: refused, acts: acts, guards: guards,
            leftovers: engine.leftovers, document: document, disabled: engine.metrics.disabled,
            emptyGroups: emptyGroups)
    }

    private static func plan(
        _ change: inout Change, _ requested: [CgroupPath: [LimitAssignment]], _ isTogether: Bool,
        _ document: PolicyDocument, _ set: HierarchySet
    ) {
        let path = change.path
        let files = StateDirectory.files(of: set)
        let others = requested.filter { $0.key != path }
        let requests = (requested[path] ?? []).compactMap { assignment in
            assignment.key.limit.map {
                LimitRequest(
                    limit: $0, instance: assignment.key.instance, value: assignment.value)
            }
        }
        // As in the daemon: v1 refuses a limit below usage by itself; v2 reclaims first.
        let isUnified = set.legacy(.memory) == nil
        let context = ActingContext(
            set, files: RequestedFiles(files, requested: others), protection: document.protection)
        let planner = LimitPlanner(context, host: HostFacts(set.system))
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
}

extension GuardForecast {
    /// Forecasts for a cgroup of a rehearsal, with the limit that the policy or the cgroup has.
    fileprivate init(_ guarding: OOMGuard, _ target: Effect.Target, _ rehearsal: PolicyRehearsal) {
        let path = target.path
        let snapshot = rehearsal.snapshot
        let wanted = rehearsal.engine.layers(of: target.cgroup).first {
            $0.key == LimitKey("memory.max")
        }?.wanted?.number
        let actual = snapshot.index(of: path).flatMap { snapshot[$0, .memoryMax].value }
        self.init(
            guarding, of: path, limit: guarding.limit ?? wanted ?? actual,
            isBestEffort: rehearsal.set.legacy(.memory) == nil)
    }
}
