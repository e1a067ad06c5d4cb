package import CgroupModel
package import PolicyLanguage

/// A value or a freeze of a cgroup that the policy maintains, so that a manual change does not
/// last.
package struct PolicyClaim: Hashable, Sendable {
    /// The kind of claim.
    package enum Subject: Hashable, Sendable {
        case value(LimitKey)
        /// The cgroup is frozen.
        case frozen
    }

    /// What the policy maintains.
    package var subject: Subject
    /// The part of the policy that maintains it.
    package var origin: Effect.Origin
    /// How the engine reacts to a change by another program; nil if such a change ends the claim.
    package var reaction: DriftReaction?

    package init(_ subject: Subject, by origin: Effect.Origin, reaction: DriftReaction?) {
        self.subject = subject
        self.origin = origin
        self.reaction = reaction
    }
}

extension PolicyEngine {
    /// Returns what the policy maintains of the cgroup at a path; nothing under an operator's hold
    /// or in a dry run.
    package func claims(on path: CgroupPath) -> [PolicyClaim] {
        guard !document.defaults.isDryRun, let row = sight.row(at: path),
            let entry = sight.entry(row), sight.facts.hold(on: entry) == nil
        else { return [] }
        let guarded = sight.guarded(row)
        var claims = values.kept(row).filter { guarded?.values.contains($0.key) != true }.map {
            PolicyClaim(.value($0.key), by: $0.origin, reaction: document.defaults.drift)
        }
        if let guarded {
            claims += guarded.values.sorted().map {
                PolicyClaim(.value($0), by: .guarding(guarded.name), reaction: .reapply)
            }
            if guarded.isFrozen {
                claims.append(PolicyClaim(.frozen, by: .guarding(guarded.name), reaction: nil))
            }
        }
        for claim in freezes.claims(row) where !claim.isDryRun {
            claims.append(PolicyClaim(.frozen, by: rules[claim.rule].origin, reaction: nil))
        }
        return claims
    }
}
