import CgroupModel
import PolicyLanguage

/// Finds the members of each group of a policy.
///
/// Paths are matched once for each cgroup. Facts that can change unnoticed (unit, container,
/// attributes, owner, commands) are matched every ten seconds, and at every tick until they are
/// known. Whether a cgroup is populated is checked at every tick.
struct GroupMatcher: Sendable {
    private struct Group: Sendable {
        let group: CgroupGroup
        /// By row: whether paths and facts match; nil if not known yet.
        var isCandidate = Table<Row, Bool?>()
        var members: [Int] = []
        /// Members, and those that are not members only because they are empty.
        var present: [Int] = []
        /// Members, and those that were members in the tick before and lost their last process.
        var watched: [Int] = []
        /// By row: whether it is a member.
        var isMember = Table<Row, Bool>()

        var asksFacts: Bool {
            group.unit != nil || group.container != nil || !group.attributes.isEmpty
                || group.uid != nil || group.command != nil
        }
    }

    private var groups: [Group]
    private var places: [String: Int] = [:]
    private var factsAsked: UInt64 = 0
    private var scratch: [Int] = []
    private var presentScratch: [Int] = []
    private var watchedScratch: [Int] = []
    private static let factsHold: UInt64 = 10_000_000_000

    init(_ groups: [CgroupGroup]) {
        self.groups = groups.map { Group(group: $0) }
        for (place, group) in groups.enumerated() where places[group.name] == nil {
            places[group.name] = place
        }
    }

    /// Returns the positions of a group's members in the snapshot, in path order.
    func members(of name: String) -> [Int] { places[name].map { groups[$0].members } ?? [] }

    /// All groups with their members.
    var all: [String: [Int]] { places.mapValues { groups[$0].members } }

    /// Returns the positions of a group's cgroups including empty ones, in path order.
    ///
    /// Standing limits use these, so that a cgroup that is empty for a moment keeps its limits.
    func present(of name: String) -> [Int] { places[name].map { groups[$0].present } ?? [] }

    /// All groups with their cgroups, including empty ones.
    var allPresent: [String: [Int]] { places.mapValues { groups[$0].present } }

    /// Returns the positions of a group's members and of the members of the previous tick, in path
    /// order.
    ///
    /// Metrics and rules use these: an OOM kill of the last process happened while the cgroup was
    /// still a member.
    func watched(of name: String) -> [Int] { places[name].map { groups[$0].watched } ?? [] }

    /// Whether a row was a member of a group at the last match.
    func has(_ row: Row, in name: String) -> Bool {
        guard let members = places[name].map({ groups[$0].isMember }) else { return false }
        return row < members.endIndex && members[row]
    }

    /// Whether a new cgroup, empty and without children, belongs to a group.
    ///
    /// `others` returns the group's cgroups so far.
    func takes(
        _ newborn: CgroupEntry, in name: String, _ facts: any CgroupFacts,
        others: () -> [CgroupPath]
    ) -> Bool {
        guard let group = places[name].map({ groups[$0].group }), group.kind != .inner,
            group.matches(newborn, facts)
        else { return false }
        return group.nesting != .outermost || !others().contains { newborn.path.isWithin($0) }
    }

    /// Forgets the matches of rows that belong to another cgroup or have another path now.
    mutating func forget(rows: [Row]) {
        for place in groups.indices {
            for row in rows where row < groups[place].isCandidate.endIndex {
                groups[place].isCandidate[row] = nil
                groups[place].isMember[row] = false
            }
        }
    }

    /// Updates all groups, and returns whether the members of any group changed.
    mutating func match(
        _ input: PolicyInput, rows: CgroupRows, facts: any CgroupFacts, listChanged: Bool
    ) -> Bool {
        let now = input.time.nanoseconds
        let asksFacts = factsAsked == 0 || now - factsAsked >= Self.factsHold
        if asksFacts { factsAsked = now }
        var isChanged = listChanged
        for place in groups.indices {
            groups[place].isCandidate.grow(to: rows.count, with: nil)
            groups[place].isMember.grow(to: rows.count, with: false)
            if asksFacts, groups[place].asksFacts { askAgain(place, input.snapshot, rows) }
            match(place, input.snapshot, rows, facts)
            watch(place, rows)
            if watchedScratch != groups[place].watched {
                swap(&watchedScratch, &groups[place].watched)
                isChanged = true
            }
            if scratch != groups[place].members {
                swap(&scratch, &groups[place].members)
                isChanged = true
            }
            if presentScratch != groups[place].present {
                swap(&presentScratch, &groups[place].present)
                isChanged = true
            }
        }
        return isChanged
    }

    /// Finds the cgroups for ``watched(of:)``.
    private mutating func watch(_ place: Int, _ rows: CgroupRows) {
        watchedScratch.removeAll(keepingCapacity: true)
        var members = scratch[...]
        for position in presentScratch {
            let isMember = members.first == position
            if isMember { members.removeFirst() }
            let row = rows.rowAt[position]
            if isMember || groups[place].isMember[row] { watchedScratch.append(position) }
        }
        for row in groups[place].isMember.indices { groups[place].isMember[row] = false }
        for position in scratch { groups[place].isMember[rows.rowAt[position]] = true }
    }

    private mutating func askAgain(_ place: Int, _ snapshot: Snapshot, _ rows: CgroupRows) {
        let asksMembers = groups[place].group.command != nil
        for position in rows.rowAt.indices {
            let row = rows.rowAt[position]
            // An empty cgroup has no commands to match, so it keeps its result.
            if asksMembers, groups[place].isCandidate[row] == true,
                !snapshot.isPopulated(position)
            {
                continue
            }
            groups[place].isCandidate[row] = nil
        }
    }

    private mutating func match(
        _ place: Int, _ snapshot: Snapshot, _ rows: CgroupRows, _ facts: any CgroupFacts
    ) {
        scratch.removeAll(keepingCapacity: true)
        presentScratch.removeAll(keepingCapacity: true)
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
            let isMember = populated.map { snapshot.isPopulated(position) == $0 } ?? true
            if isMember { scratch.append(position) }
            if isMember || populated == true { presentScratch.append(position) }
        }
        let nesting = groups[place].group.nesting
        guard nesting != .all else { return }
        Self.nest(&scratch, nesting, snapshot)
        Self.nest(&presentScratch, nesting, snapshot)
        // Every member is present, even if the nesting rule chose an empty descendant instead.
        if !scratch.allSatisfy(Set(presentScratch).contains) {
            presentScratch = Set(presentScratch).union(scratch).sorted()
        }
    }

    /// Keeps the outermost or innermost of nested cgroups.
    ///
    /// In path order a cgroup comes directly before its descendants.
    private static func nest(
        _ positions: inout [Int], _ nesting: CgroupGroup.Nesting, _ snapshot: Snapshot
    ) {
        guard positions.count > 1 else { return }
        var kept: [Int] = []
        for position in positions {
            let path = snapshot.cgroups[position].path
            let isWithin = kept.last.map { path.isWithin(snapshot.cgroups[$0].path) } ?? false
            if isWithin {
                if nesting == .outermost { continue }
                kept.removeLast()
            }
            kept.append(position)
        }
        positions = kept
    }
}

extension CgroupGroup {
    /// Whether a cgroup's path and facts match.
    ///
    /// Only facts that the group names are looked up, cheapest first.
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
    /// Whether a cgroup is, or is within, a container or pod that matches.
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
