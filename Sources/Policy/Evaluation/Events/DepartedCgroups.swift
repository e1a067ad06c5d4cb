internal import CgroupModel
internal import PolicyLanguage

/// The cgroups that are gone, for as long as events about them may still arrive.
///
/// A service manager removes the cgroup of a killed service at once, and the end itself is noticed
/// only afterwards. Nothing can act on such a cgroup, but rules can still report the event.
struct DepartedCgroups: Sendable {
    struct Departed: Sendable {
        let target: Effect.Target
        /// When it is forgotten, in nanoseconds.
        let end: UInt64
        /// The groups that it belonged to.
        let groups: Set<String>
        /// The rules that may still report its events, each with the events counted so far.
        var rules: [String: UInt64]
    }

    private static let patience: UInt64 = 10_000_000_000
    /// The maximum number of cgroups in one part of the tree; further ones are not remembered.
    private static let most = 500

    private var cgroups: [CgroupID: Departed] = [:]
    private var paths: [CgroupPath: CgroupID] = [:]
    /// The number of cgroups, by part of the tree.
    private var counts: [CgroupPath: Int] = [:]

    /// Remembers a cgroup that is gone, with its groups and the rules that may still report its
    /// events.
    mutating func add(
        _ target: Effect.Target, groups: Set<String>, rules: [String: UInt64], at now: UInt64,
        interval: UInt64
    ) {
        guard !rules.isEmpty || !groups.isEmpty, counts[target.path.share, default: 0] < Self.most
        else { return }
        counts[target.path.share, default: 0] += 1
        let end = now + max(Self.patience, 3 * interval)
        cgroups[target.cgroup] = Departed(
            target: target, end: end, groups: groups, rules: rules)
        paths[target.path] = target.cgroup
    }

    /// The cgroup of an event.
    func identity(of event: PolicyEvent) -> CgroupID? {
        guard let id = event.cgroup ?? paths[event.path] else { return nil }
        return cgroups[id] == nil ? nil : id
    }

    /// Counts an event for the rules that it triggers; returns the rules that have now counted
    /// enough events, each once, and nil if the cgroup is not remembered.
    mutating func take(
        _ event: PolicyEvent, of id: CgroupID, _ trigger: (String) -> EventTrigger?
    ) -> (departed: Departed, rules: [String])? {
        guard var departed = cgroups[id] else { return nil }
        var due: [String] = []
        for (rule, count) in departed.rules.sorted(by: { $0.key < $1.key }) {
            guard let trigger = trigger(rule), trigger.matches(event) else { continue }
            departed.rules[rule] = count + event.count
            guard count + event.count >= trigger.times else { continue }
            departed.rules[rule] = nil
            due.append(rule)
        }
        cgroups[id] = departed
        return (departed, due)
    }

    /// Forgets the cgroups that have been remembered for long enough.
    mutating func prune(at now: UInt64) {
        guard !cgroups.isEmpty else { return }
        for (id, departed) in cgroups where departed.end <= now {
            cgroups[id] = nil
            let share = departed.target.path.share
            let left = (counts[share] ?? 1) - 1
            counts[share] = left > 0 ? left : nil
            if paths[departed.target.path] == id { paths[departed.target.path] = nil }
        }
    }
}
