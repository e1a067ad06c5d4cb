package import CgroupModel
package import PolicyLanguage

/// Something of a cgroup that the policy keeps as it wants it, so that a change by hand does not
/// last.
package struct PolicyClaim: Hashable, Sendable {
    /// What is kept.
    package enum Subject: Hashable, Sendable {
        case value(LimitKey)
        /// That the cgroup stands still.
        case frozen
    }

    /// What is kept.
    package var subject: Subject
    /// By whom.
    package var origin: Effect.Origin
    /// What the engine does about a change by someone else; nil where that ends what is kept.
    package var reaction: DriftReaction?

    package init(_ subject: Subject, by origin: Effect.Origin, reaction: DriftReaction?) {
        self.subject = subject
        self.origin = origin
        self.reaction = reaction
    }
}

extension PolicyEngine {
    /// What the policy keeps of the cgroup at a path; nothing while an operator holds it, and in a
    /// dry run.
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
