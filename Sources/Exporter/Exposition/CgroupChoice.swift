import CgroupModel

/// The reason why a cgroup has no series.
enum DropReason: String, CaseIterable {
    case limit, depth, excluded
    case labelClash = "label_clash"

    /// The labels of the series that counts these cgroups.
    var labels: [UInt8] { Array("{reason=\"\(rawValue)\"}".utf8) }
}

/// Chooses the cgroups of a sample that have series.
///
/// If there are more than the cap, the shallowest are chosen, and among those the ones that the
/// sampler found first; at the start, that is the order of its walk. A chosen cgroup stays chosen
/// until it ends. If the choice depended on a metric, it would change often and interrupt series.
struct CgroupChoice: Sendable {
    private enum Verdict {
        case candidate, tooDeep, excluded
    }

    private let selection: ExportSelection
    private var known: [CgroupID: (path: CgroupPath, verdict: Verdict)] = [:]
    private var taken: Set<CgroupID> = []

    init(_ selection: ExportSelection) { self.selection = selection }

    /// Returns the positions of the cgroups that have series, and the number that have none.
    mutating func choose(
        from cgroups: [CgroupEntry]
    ) -> (positions: [Int], dropped: [DropReason: Int]) {
        var living: [CgroupID: (path: CgroupPath, verdict: Verdict)] = [:]
        living.reserveCapacity(cgroups.count)
        var kept: [Int] = []
        var waiting: [Int] = []
        var dropped: [DropReason: Int] = [:]
        for (position, cgroup) in cgroups.enumerated() {
            // v1 can rename a cgroup, which keeps its identity.
            let before = known[cgroup.id].flatMap { $0.path == cgroup.path ? $0.verdict : nil }
            let verdict = before ?? verdict(cgroup.path)
            living[cgroup.id] = (cgroup.path, verdict)
            switch verdict {
            case .tooDeep: dropped[.depth, default: 0] += 1
            case .excluded: dropped[.excluded, default: 0] += 1
            case .candidate where taken.contains(cgroup.id): kept.append(position)
            case .candidate: waiting.append(position)
            }
        }
        known = living
        let room = max(0, selection.mostCgroups - kept.count)
        if waiting.count > room {
            dropped[.limit] = waiting.count - room
            waiting = first(room, of: waiting, in: cgroups)
        }
        let positions = waiting.isEmpty ? kept : (kept + waiting).sorted()
        taken = Set(positions.map { cgroups[$0].id })
        return (positions, dropped)
    }

    private func verdict(_ path: CgroupPath) -> Verdict {
        if path.depth > selection.depth { return .tooDeep }
        let text = path.text
        let isWanted =
            selection.include.isEmpty || selection.include.contains { $0.matches(text) }
        return isWanted && !selection.exclude.contains { $0.matches(text) }
            ? .candidate : .excluded
    }

    private func first(_ count: Int, of positions: [Int], in cgroups: [CgroupEntry]) -> [Int] {
        let ranked = positions.map { position in
            let cgroup = cgroups[position]
            return (cgroup.path.depth, cgroup.id.generation, position)
        }
        return ranked.sorted(by: <).prefix(count).map(\.2)
    }
}
