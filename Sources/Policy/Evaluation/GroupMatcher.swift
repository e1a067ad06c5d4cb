import CgroupModel

/// Who belongs to each group of a policy now.
///
/// What does not change while a cgroup lives (its path) is matched once; what can change without
/// notice (its unit, container, attributes, owner, members' names) every ten seconds, and in every
/// tick until it was found out; whether it holds a process, in every tick.
struct GroupMatcher: Sendable {
    private struct Group: Sendable {
        let group: CgroupGroup
        /// By row: matched as far as paths and facts go; nil for not yet.
        var isCandidate: [Bool?] = []
        var members: [Int] = []

        var asksFacts: Bool {
            group.unit != nil || group.container != nil || !group.attributes.isEmpty
                || group.uid != nil || group.command != nil
        }
    }

    private var groups: [Group]
    private var places: [String: Int] = [:]
    private var factsAsked: UInt64 = 0
    private var scratch: [Int] = []
    private static let factsHold: UInt64 = 10_000_000_000

    init(_ groups: [CgroupGroup]) {
        self.groups = groups.map { Group(group: $0) }
        for (place, group) in groups.enumerated() where places[group.name] == nil {
            places[group.name] = place
        }
    }

    /// The positions of a group's members in the snapshot, in path order.
    func members(of name: String) -> [Int] { places[name].map { groups[$0].members } ?? [] }

    /// All groups with their members.
    var all: [String: [Int]] { places.mapValues { groups[$0].members } }

    /// Forgets what is known of rows that are another cgroup's or have another path.
    mutating func forget(rows: [Int]) {
        for place in groups.indices {
            for row in rows where row < groups[place].isCandidate.count {
                groups[place].isCandidate[row] = nil
            }
        }
    }

    /// Matches again; the answer is whether any group's members changed.
    mutating func match(
        _ input: PolicyInput, rows: CgroupRows, facts: any CgroupFacts, listChanged: Bool
    ) -> Bool {
        let now = input.time.nanoseconds
        let asksFacts = factsAsked == 0 || now - factsAsked >= Self.factsHold
        if asksFacts { factsAsked = now }
        var isChanged = listChanged
        for place in groups.indices {
            if groups[place].isCandidate.count < rows.count {
                groups[place].isCandidate += Array(
                    repeating: nil, count: rows.count - groups[place].isCandidate.count)
            }
            if asksFacts, groups[place].asksFacts {
                for row in rows.rowAt { groups[place].isCandidate[row] = nil }
            }
            match(place, input.snapshot, rows, facts)
            guard scratch != groups[place].members else { continue }
            swap(&scratch, &groups[place].members)
            isChanged = true
        }
        return isChanged
    }

    private mutating func match(
        _ place: Int, _ snapshot: Snapshot, _ rows: CgroupRows, _ facts: any CgroupFacts
    ) {
        scratch.removeAll(keepingCapacity: true)
        let populated = groups[place].group.populated
        let kind = groups[place].group.kind
        for position in rows.rowAt.indices {
            let row = rows.rowAt[position]
            let isCandidate: Bool
            if let known = groups[place].isCandidate[row] {
                isCandidate = known
            } else {
                let cgroup = snapshot.cgroups[position]
                isCandidate = groups[place].group.matches(cgroup, facts)
                if !groups[place].asksFacts || facts.isSettled(cgroup) {
                    groups[place].isCandidate[row] = isCandidate
                }
            }
            guard isCandidate, kind == .any || rows.isLeaf[position] == (kind == .leaf) else {
                continue
            }
            if let populated, snapshot.isPopulated(position) != populated { continue }
            scratch.append(position)
        }
        guard groups[place].group.nesting != .all, scratch.count > 1 else { return }
        nest(groups[place].group.nesting, snapshot)
    }

    /// Path order has a cgroup directly before those within it.
    private mutating func nest(_ nesting: CgroupGroup.Nesting, _ snapshot: Snapshot) {
        var kept: [Int] = []
        for position in scratch {
            let path = snapshot.cgroups[position].path
            let isWithin = kept.last.map { path.isWithin(snapshot.cgroups[$0].path) } ?? false
            if isWithin {
                if nesting == .outermost { continue }
                kept.removeLast()
            }
            kept.append(position)
        }
        scratch = kept
    }
}

extension CgroupGroup {
    /// Whether a cgroup's path and facts match; asks only for what the group names, and the
    /// cheapest first.
    func matches(_ cgroup: CgroupEntry, _ facts: any CgroupFacts) -> Bool {
        guard paths.isEmpty || paths.contains(where: { $0.matches(cgroup.path) }),
            !excluded.contains(where: { $0.matches(cgroup.path) })
        else { return false }
        if let uid, facts.owner(of: cgroup) != uid { return false }
        if let unit, !(facts.unit(of: cgroup).map { unit.matches($0) } ?? false) { return false }
        for (name, pattern) in attributes {
            guard let value = facts.attribute(name, of: cgroup), pattern.matches(value) else {
                return false
            }
        }
        if let container, !container.matches(facts.identity(of: cgroup)) { return false }
        guard let command else { return true }
        return facts.commands(of: cgroup).contains { command.matches($0) }
    }
}

extension CgroupGroup.Container {
    /// Whether a cgroup is, or is within, such a container or pod.
    func matches(_ known: CgroupIdentity) -> Bool {
        guard known.isContained else { return false }
        let pairs = [
            (runtime, known.runtime), (name, known.container), (id, known.containerID),
            (image, known.image), (pod, known.pod), (namespace, known.namespace),
        ]
        return pairs.allSatisfy { pattern, value in
            pattern.map { pattern in value.map { pattern.matches($0) } ?? false } ?? true
        }
            && labels.allSatisfy { label, pattern in
                known.labels[label].map { pattern.matches($0) } ?? false
            }
    }
}
