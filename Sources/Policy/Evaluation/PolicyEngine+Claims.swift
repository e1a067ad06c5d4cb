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

    /// Joins the parts.
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
        guard !document.defaults.isDryRun, let snapshot = input?.snapshot,
            let position = snapshot.index(of: path),
            facts.hold(on: snapshot.cgroups[position]) == nil,
            let row = rows.row(of: snapshot.cgroups[position].id)
        else { return [] }
        var claims: [PolicyClaim] = []
        let guarded = input?.guarded[rows.cgroups[row].id]
        for value in holdings[row].values where !value.isDryRun && !value.isYielded {
            if guarded?.values.contains(value.key) == true { continue }
            guard let outcome = value.outcome, !outcome.isImpossible else { continue }
            claims.append(
                PolicyClaim(
                    .value(value.key), by: outcome.wish.origin, reaction: document.defaults.drift))
        }
        if let guarded {
            claims += guarded.values.sorted().map {
                PolicyClaim(.value($0), by: .guarding(guarded.name), reaction: .reapply)
            }
            if guarded.isFrozen {
                claims.append(PolicyClaim(.frozen, by: .guarding(guarded.name), reaction: nil))
            }
        }
        for claim in holdings[row].claims where !claim.isDryRun {
            claims.append(PolicyClaim(.frozen, by: rules[claim.rule].origin, reaction: nil))
        }
        return claims
    }
}
