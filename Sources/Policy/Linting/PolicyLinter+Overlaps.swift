import CgroupModel
import Configuration

/// Values that two parts of equal rank want at once; the weaker one wins.
extension PolicyLinter {
    mutating func lintOverlaps() {
        let limits = document.limits
        let places = places
        for (later, second) in limits.enumerated() {
            for first in limits[..<later]
            where first.group == second.group && first.priority == second.priority
                && second.when == nil && first.when == nil && overlap(first, second)
            {
                for mode in HierarchyMode.allCases {
                    report(first.values(on: mode), second.values(on: mode)) { key in
                        let place = ["set", "\(mode.rawValue)/set"].compactMap {
                            places["limits/\(later)/\($0)/\(key)"]
                        }.first
                        return (place ?? second.position, "the limits at \(first.position)")
                    }
                }
            }
        }
        let rules = document.rules
        for (later, second) in rules.enumerated() {
            for first in rules[..<later]
            where first.group == second.group && first.priority == second.priority {
                report(first.values, second.values) { _ in
                    (places["rules/\(second.name)/do"] ?? second.position, "rule '\(first.name)'")
                }
            }
        }
    }

    private func overlap(_ first: StandingLimits, _ second: StandingLimits) -> Bool {
        guard let left = first.during, let right = second.during else { return true }
        return left.contains(right.start) || right.contains(left.start)
    }

    private mutating func report(
        _ first: [String: LimitValue?], _ second: [String: LimitValue?],
        _ place: (String) -> (ConfigPosition, String)
    ) {
        for (key, value) in second.sorted(by: { $0.key < $1.key }) {
            // The same fixed value twice is no conflict.
            guard let other = first[key], value == nil || other != value else { continue }
            let (position, rival) = place(key)
            note(
                .overlap, position,
                "\(key) is also set by \(rival) with the same priority, and the weaker value wins; "
                    + "give one a higher priority")
        }
    }
}

extension StandingLimits {
    /// What is set on a mode.
    fileprivate func values(on mode: HierarchyMode) -> [String: LimitValue?] {
        Setting.values(settings).merging(Setting.values(overrides[mode] ?? [])) { $1 }
    }
}

extension Rule {
    /// What it sets; nil for a value that depends on the moment.
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

    /// Two names of one file are one value.
    fileprivate static func cell(_ key: LimitKey) -> String {
        key.name == "memory.soft" ? "memory.high" : "\(key)"
    }
}
