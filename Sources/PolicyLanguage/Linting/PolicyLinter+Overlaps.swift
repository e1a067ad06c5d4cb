import CgroupModel
import Configuration

/// One value that a part of the policy requests.
private struct Claim {
    /// Claims of the same rank conflict.
    struct Rank: Hashable {
        var isRule: Bool
        var group: String
        var priority: Int
        var mode: HierarchyMode?
        var key: String
    }

    var rank: Rank
    /// Nil for a value that is computed at run time.
    var value: LimitValue?
    /// Nil for the whole day.
    var during: DayWindow?
    var owner: String
    var position: ConfigPosition

    /// Whether the other claim requests a different value at the same time.
    func conflicts(with other: Claim) -> Bool {
        if let value, value == other.value { return false }
        guard let own = during, let others = other.during else { return true }
        return own.contains(others.start) || others.contains(own.start)
    }
}

/// Finds values that two parts of equal rank request at the same time; the stricter one wins.
extension PolicyLinter {
    mutating func lintOverlaps() {
        var earlier: [Claim.Rank: [Claim]] = [:]
        for claim in limitClaims + ruleClaims {
            if let rival = earlier[claim.rank]?.first(where: claim.conflicts) {
                note(
                    .overlap, claim.position,
                    "\(claim.rank.key) is also set by \(rival.owner) with the same priority; "
                        + "the stricter value wins; give one a higher priority")
            } else {
                earlier[claim.rank, default: []].append(claim)
            }
        }
    }

    private var limitClaims: [Claim] {
        var result: [Claim] = []
        for (index, limits) in document.limits.enumerated() where limits.when == nil {
            for mode in HierarchyMode.allCases {
                for (key, value) in limits.values(on: mode).sorted(by: { $0.key < $1.key }) {
                    let rank = Claim.Rank(
                        isRule: false, group: limits.group, priority: limits.priority, mode: mode,
                        key: key)
                    result.append(
                        Claim(
                            rank: rank, value: value, during: limits.during,
                            owner: "the limits at \(limits.position)",
                            position: place(of: key, index, mode) ?? limits.position))
                }
            }
        }
        return result
    }

    private func place(of key: String, _ index: Int, _ mode: HierarchyMode) -> ConfigPosition? {
        for name in [key] + (key == "memory.high" ? ["memory.soft_limit"] : []) {
            for set in ["set", "\(mode.rawValue)/set"] {
                if let place = places["limits/\(index)/\(set)/\(name)"] { return place }
            }
        }
        return nil
    }

    private var ruleClaims: [Claim] {
        document.rules.flatMap { rule in
            rule.values.sorted { $0.key < $1.key }.map { key, value in
                Claim(
                    rank: Claim.Rank(
                        isRule: true, group: rule.group, priority: rule.priority, key: key),
                    value: value, owner: "rule '\(rule.name)'",
                    position: places["rules/\(rule.name)/do"] ?? rule.position)
            }
        }
    }
}

extension StandingLimits {
    /// The values for a mode.
    fileprivate func values(on mode: HierarchyMode) -> [String: LimitValue?] {
        Setting.values(settings).merging(Setting.values(overrides[mode] ?? [])) { $1 }
    }
}

extension Rule {
    /// The values that it sets; nil for a value that is computed at run time.
    fileprivate var values: [String: LimitValue?] {
        actions.reduce(into: [:]) { result, action in
            switch action.kind {
            case .set(let settings): result.merge(Setting.values(settings)) { $1 }
            case .scale(let scaling):
                result.updateValue(nil, forKey: Setting.cell(scaling.key))
            case .pin: result.updateValue(nil, forKey: "cpuset.cpus")
            default: break
            }
        }
    }
}

extension Setting {
    fileprivate static func values(_ settings: [Setting]) -> [String: LimitValue?] {
        settings.reduce(into: [:]) { result, setting in
            switch setting {
            case .limit(let key, let value): result.updateValue(value, forKey: cell(key))
            case .pool(let name): result.updateValue(.text("pool \(name)"), forKey: "cpuset.cpus")
            }
        }
    }

    /// Returns the canonical name, because two names of one file are one value.
    fileprivate static func cell(_ key: LimitKey) -> String { "\(key.unified)" }
}
