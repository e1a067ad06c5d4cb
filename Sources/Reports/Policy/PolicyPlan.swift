internal import Actuation
package import CgroupModel
internal import Enforcement
internal import Hierarchy
package import Policy
package import PolicyLanguage

/// The changes that a policy would make on this host now.
package struct PolicyPlan {
    /// The values of one cgroup that differ from the policy's requests.
    package struct Change {
        /// The cgroup.
        package let path: CgroupPath
        /// The values, each with its requests.
        package let values: [ValueExplanation]
        /// The writes; nil if there are none.
        package var writes: LimitReport?
        /// The values that cannot be set, with reasons.
        package var refused: [(name: String, reason: String)] = []

        /// Creates a change without writes.
        package init(path: CgroupPath, values: [ValueExplanation]) {
            self.path = path
            self.values = values
        }
    }

    /// The changes that would be written.
    package let changes: [Change]
    /// Values that differ but would not be written now.
    package let refused: [ValueExplanation]
    /// Other actions that would run: freezing, hooks, notices.
    package let acts: [AuditRecord]
    /// The plans of the OOM guards.
    package let guards: [GuardForecast]
    /// The cgroups that can still use the CPUs of exclusive pools.
    package let leftovers: [PoolLeftover]
    /// The policy.
    package let document: PolicyDocument
    /// The rules that cannot run on this host, with reasons.
    package let disabled: [(rule: String, reason: String)]
    /// The names of groups that currently have no cgroup.
    package let emptyGroups: [String]

    /// Creates a plan from its parts.
    package init(
        changes: [Change], refused: [ValueExplanation], acts: [AuditRecord],
        guards: [GuardForecast], leftovers: [PoolLeftover], document: PolicyDocument,
        disabled: [(rule: String, reason: String)], emptyGroups: [String]
    ) {
        self.changes = changes
        self.refused = refused
        self.acts = acts
        self.guards = guards
        self.leftovers = leftovers
        self.document = document
        self.disabled = disabled
        self.emptyGroups = emptyGroups
    }

    /// Whether the policy would do anything.
    package var hasChanges: Bool { !changes.isEmpty || !acts.isEmpty }

    /// Notes on the limits of a single sample, one sentence each.
    package var notes: [String] {
        var notes = disabled.map { "rule \($0.rule) is disabled: \($0.reason)" }
        notes += emptyGroups.map { "no cgroup of group \($0) has processes now" }
        if !document.rules.isEmpty {
            notes.append(
                "one sample says little about rules; see `cgwarden daemon --dry-run` and "
                    + "`cgwarden policy backtest`")
        }
        return notes
    }
}

/// The thresholds of an OOM guard, and the growth for which it is fast enough.
package struct GuardForecast {
    /// The guard's name.
    package let name: String
    /// The guarded cgroup.
    package let path: CgroupPath
    /// The memory limit in bytes; nil if there is none.
    package let limit: UInt64?
    /// The thresholds of memory use, in bytes: the guard freezes at the first, and thaws below the
    /// second.
    package let freezesAt: UInt64, resumesAt: UInt64
    /// The memory between the freeze threshold and the limit, in bytes.
    package let margin: UInt64
    /// Whether the kernel's OOM killer may be faster than the guard.
    package let isBestEffort: Bool

    /// The longest time in seconds that a freeze takes, counted from the wake-up.
    private static let reaction = 0.05

    /// Creates the forecast for a guard of a cgroup.
    ///
    /// - Parameters:
    ///   - limit: The memory limit in bytes; nil if there is none.
    ///   - isBestEffort: Whether the kernel's OOM killer may be faster than the guard.
    package init(_ guarding: OOMGuard, of path: CgroupPath, limit: UInt64?, isBestEffort: Bool) {
        name = guarding.name
        self.path = path
        self.limit = limit
        self.isBestEffort = isBestEffort
        let whole = Double(limit ?? 0)
        freezesAt = UInt64(whole * guarding.freezeAt)
        resumesAt = UInt64(whole * guarding.resumeAt)
        margin = UInt64(whole) - freezesAt
    }

    /// The fastest growth that the margin covers, in bytes per second.
    var growth: UInt64 { UInt64(Double(margin) / Self.reaction) }

    var text: String {
        guard let limit else {
            return "guard \(name) of \(path): no memory limit, nothing to guard"
        }
        var text =
            "guard \(name) of \(path): limit \(ByteText.of(limit)), freezes at "
            + "\(ByteText.of(freezesAt)), thaws below \(ByteText.of(resumesAt)); the margin "
            + "of \(ByteText.of(margin)) is enough for growth up to \(ByteText.of(growth))/s"
        if isBestEffort {
            text += "; best effort, because v2 cannot disable the OOM killer"
        }
        return text
    }
}
