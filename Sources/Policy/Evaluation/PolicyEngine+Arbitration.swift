import CgroupModel
import PolicyLanguage

/// A rule that would act on a cgroup (or on some of its group) in this tick.
struct Candidate: Sendable {
    let rule: Int
    let row: Int
    var isRepeat = false
}

/// Decides which of the rules that would act may.
extension PolicyEngine {
    /// Lets the candidates act that may, in the order of the rules.
    ///
    /// Where two would disturb one cgroup the higher priority acts; of equal ones freezing goes
    /// before killing, which cannot be undone, and killing before reclaiming.
    mutating func fire(_ candidates: [Candidate]) {
        guard !candidates.isEmpty else { return }
        let targets = candidates.map { self.targets(of: $0) }
        var wanted: [Int: [Int]] = [:]
        for (candidate, rows) in zip(candidates, targets) {
            for row in rows { wanted[row, default: []].append(candidate.rule) }
        }
        var allowed = Array(repeating: [Int](), count: candidates.count)
        var vetoes: [String?] = Array(repeating: nil, count: candidates.count)
        let order = candidates.indices.sorted {
            let (left, right) = (rank(candidates[$0]), rank(candidates[$1]))
            return left == right ? $0 < $1 : left < right
        }
        for index in order {
            let rule = candidates[index].rule
            if targets[index].isEmpty { vetoes[index] = "no cgroup is worth it" }
            for row in targets[index] {
                if let veto = refusal(rule, row, wanted[row] ?? []) {
                    vetoes[index] = vetoes[index] ?? veto
                } else if allowed[index].count < take(rule) {
                    allowed[index].append(row)
                    mark(rule, row)
                }
                if allowed[index].count == take(rule) { break }
            }
        }
        for (index, candidate) in candidates.enumerated() {
            for row in allowed[index] { announce(candidate.rule, row) }
        }
        for (index, candidate) in candidates.enumerated() {
            if allowed[index].isEmpty {
                block(candidate, vetoes[index] ?? "superseded", first: targets[index].first)
            } else {
                begin(candidate, allowed[index])
            }
        }
    }

    /// Adds a rule's wishes before anyone's are written, so that equal rules meet in one tick; not
    /// those of steps that will wait for a disruptive one.
    private mutating func announce(_ place: Int, _ row: Int) {
        let cause = Cause(rules[place].when.text)
        var disturbances = 0
        for (index, action) in rules[place].rule.actions.enumerated() {
            disturbances += action.kind.disturbance == nil ? 0 : 1
            if disturbances > 1 { return }
            for assignment in assignments(place, row, index) { wish(place, row, assignment, cause) }
        }
    }

    /// Remembers that something disruptive will be done to a cgroup in this tick.
    private mutating func mark(_ place: Int, _ row: Int) {
        guard !rules[place].isDryRun, let disruption = rules[place].rule.disruption else { return }
        holdings[row].disruptedAt = now
        if disruption == .kill { holdings[row].killedAt = now }
        if disruption == .freeze { holdings[row].frozenAt = now }
    }

    /// The highest priority first, then what can be undone.
    private func rank(_ candidate: Candidate) -> (Int, Int) {
        let rule = rules[candidate.rule].rule
        let place =
            switch rule.disruption {
            case .freeze: 0
            case .kill: 1
            case .reclaim: 2
            default: 3
            }
        return (-rule.priority, place)
    }

    private func take(_ place: Int) -> Int {
        rules[place].isAggregate ? rules[place].rule.victims?.take ?? .max : 1
    }

    /// On whom a rule would act, the best first.
    private func targets(of candidate: Candidate) -> [Int] {
        guard rules[candidate.rule].isAggregate else { return [candidate.row] }
        let rule = rules[candidate.rule].rule
        let taken = rules[candidate.rule].instances[0]?.targets ?? []
        let program = rules[candidate.rule].victimOrder
        let members = matcher.members(of: rule.group).map { rows.rowAt[$0] }
        guard let victims = rule.victims else { return members }
        var ranked: [(row: Int, worth: Double)] = []
        for row in members
        where !taken.contains(row) && now >= holdings[row].excludedUntil {
            let worth = measurements.number(program, row: row)
            guard !worth.isNaN, victims.leastGain.map({ worth >= $0 }) ?? true else { continue }
            ranked.append((row, worth))
        }
        return ranked.enumerated().sorted { left, right in
            let (first, second) = (left.element.worth, right.element.worth)
            guard first != second else { return left.offset < right.offset }
            return victims.isDescending ? first > second : first < second
        }.map(\.element.row)
    }

    // MARK: What follows

    private mutating func begin(_ candidate: Candidate, _ targets: [Int]) {
        let place = candidate.rule
        var instance = rules[place].instances[candidate.row] ?? RuleRuntime.Instance()
        let program: Program
        if candidate.isRepeat {
            program = rules[place].repeatWhile
            instance.repeats += 1
            instance.told = nil
            instance.nextRepeat = now + (rules[place].rule.repetition?.every.nanoseconds ?? 0)
            rules[place].firingCount += 1
        } else {
            program = rules[place].when
            activate(place, candidate.row, &instance)
        }
        if isUseless(place, &instance, targets) {
            rules[place].instances[candidate.row] = instance
            return
        }
        for row in targets where !instance.targets.contains(row) { instance.targets.append(row) }
        rules[place].instances[candidate.row] = instance
        let cause = cause(program, candidate.row)
        for row in targets {
            let actions = Array(rules[place].rule.actions.indices)
            run(place, row, chain: newChain(), actions, cause)
        }
    }

    /// Whether squeezing usage twice left more than four fifths of it: then no more is tried.
    private mutating func isUseless(
        _ place: Int, _ instance: inout RuleRuntime.Instance, _ targets: [Int]
    ) -> Bool {
        guard !rules[place].isAggregate, let row = targets.first,
            let (index, program) = rules[place].usages.min(by: { $0.key < $1.key }),
            case .scale(let scaling) = rules[place].rule.actions[index].kind, scaling.factor < 1
        else { return false }
        let usage = measurements.number(program, row: row)
        guard !usage.isNaN else { return false }
        guard let first = instance.usageAtFirst, instance.repeats >= 2 else {
            instance.usageAtFirst = instance.usageAtFirst ?? usage
            return false
        }
        guard usage > 0.8 * first else { return false }
        instance.nextRepeat = .max
        record(
            .apply, rules[place].origin, row, action: "scale",
            outcome: .ineffective("usage is still above 80 % of what it was"),
            isDryRun: rules[place].isDryRun)
        return true
    }

    private mutating func block(_ candidate: Candidate, _ reason: String, first: Int?) {
        let place = candidate.rule
        var instance = rules[place].instances[candidate.row] ?? RuleRuntime.Instance()
        let row = rules[place].isAggregate ? first : candidate.row
        if candidate.isRepeat {
            if instance.told != reason { veto(place, row, "repeat", reason) }
            instance.told = reason
            rules[place].instances[candidate.row] = instance
            return
        }
        let isNews = instance.reason != reason
        let wasBlocked = rules[place].states[candidate.row] == .blocked
        move(place, candidate.row, &instance, .blocked, rules[place].when, note: reason)
        if isNews { veto(place, row, nil, reason) }
        instance.reason = reason
        rules[place].instances[candidate.row] = instance
        guard let row, !wasBlocked, reason.hasPrefix("protected") else { return }
        let cause = cause(rules[place].when, candidate.row)
        for action in rules[place].rule.actions {
            tell(place, row, action.kind, cause, veto: reason)
        }
    }

    mutating func veto(_ place: Int, _ row: Int?, _ action: String?, _ reason: String) {
        rules[place].vetoCount += 1
        record(
            .veto, rules[place].origin, row, action: action, note: reason,
            isDryRun: rules[place].isDryRun)
    }
}
