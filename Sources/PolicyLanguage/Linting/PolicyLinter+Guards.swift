import CgroupModel
import Configuration

/// Finds guards that cannot work.
extension PolicyLinter {
    mutating func lintGuards() {
        for (index, oomGuard) in document.guards.enumerated() {
            lintRaise(oomGuard)
            lintRelief(oomGuard)
            lintRivals(oomGuard, document.guards[..<index])
        }
    }

    /// Finds a raise without effect.
    private mutating func lintRaise(_ oomGuard: OOMGuard) {
        for (index, relief) in oomGuard.relief.enumerated() {
            guard case .raise(_, let ceiling, _) = relief, let limit = limit(of: oomGuard),
                ceiling <= limit
            else { continue }
            let path = "guards/\(oomGuard.name)/relief/\(index)/raise/ceiling"
            note(
                .minAboveMax, places[path] ?? oomGuard.position,
                "the ceiling \(PolicyUnit.bytes.text(Double(ceiling))) is not above the limit "
                    + PolicyUnit.bytes.text(Double(limit)))
        }
    }

    /// Finds a guard without usable relief: v1 reclaims only the page cache, and only if allowed.
    private mutating func lintRelief(_ oomGuard: OOMGuard) {
        guard isMemoryLegacy == true, !oomGuard.allowsForceEmpty, !oomGuard.relief.isEmpty,
            oomGuard.relief.allSatisfy({ $0 == .reclaim })
        else { return }
        note(
            .guardWithoutRelief, oomGuard.position,
            "guard '\(oomGuard.name)' only reclaims, which v1 does not support: it would freeze until "
                + "max_frozen and then kill; add raise or a hook, or write allow_force_empty: true")
    }

    /// Finds a second guard of a cgroup, which would do nothing.
    private mutating func lintRivals(_ oomGuard: OOMGuard, _ earlier: ArraySlice<OOMGuard>) {
        guard let group = document.group(oomGuard.group),
            let rival = earlier.first(where: {
                $0.group == oomGuard.group
                    || document.group($0.group)?.mayShare(with: group) == true
            })
        else { return }
        note(
            .twoGuards, oomGuard.position,
            "guard '\(oomGuard.name)' would never act: guard '\(rival.name)' has the same cgroup; "
                + "remove one, or exclude it from one of the groups")
    }

    /// The limit that the policy sets for a guarded group.
    private func limit(of oomGuard: OOMGuard) -> UInt64? {
        if let limit = oomGuard.limit { return limit }
        let settings = document.limits.filter { $0.group == oomGuard.group }.flatMap(\.settings)
        for case .limit(let key, let value) in settings where key.name == "memory.max" {
            return value.number
        }
        return nil
    }
}

extension CgroupGroup {
    /// Whether a path that one group names belongs to the other; false unless both groups select by
    /// path only, because other matches are unknown in advance.
    fileprivate func mayShare(with other: CgroupGroup) -> Bool {
        guard isByPath, other.isByPath else { return false }
        return names(oneOf: other) || other.names(oneOf: self)
    }

    private func names(oneOf other: CgroupGroup) -> Bool {
        paths.contains { pattern in
            guard !pattern.description.contains(where: { "*?[{".contains($0) }) else {
                return false
            }
            let path = CgroupPath(pattern.description)
            return !excluded.contains { $0.matches(path) }
                && other.paths.contains { $0.matches(path) }
                && !other.excluded.contains { $0.matches(path) }
        }
    }

    private var isByPath: Bool {
        !paths.isEmpty && unit == nil && container == nil && attributes.isEmpty && uid == nil
            && command == nil
    }
}
