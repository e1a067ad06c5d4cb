package import CgroupModel
package import PolicyLanguage

/// An action on a cgroup, which is answered with an ``EffectResult``.
package struct Effect: Hashable, Sendable {
    /// Unique and increasing within the life of an engine.
    package typealias ID = UInt64

    /// The number that the result refers to.
    package var id: ID
    /// The part of the policy that requests it.
    package var origin: Origin
    /// The cgroup.
    package var target: Target
    /// The action.
    package var kind: Kind
    /// Whether it reverts an earlier effect.
    package var isUndo: Bool
    /// Whether it is only checked and planned, without changing anything.
    package var isDryRun: Bool
    /// The chain that it belongs to: one firing of a rule on one cgroup.
    ///
    /// The effects of a chain run in order, and a failure ends the chain unless
    /// ``continuesOnError``.
    package var chain: UInt64
    /// Whether the rest of the chain still runs if this effect fails.
    package var continuesOnError: Bool
    /// Whether the values are set all or none; otherwise each one succeeds or fails by itself.
    package var isTogether: Bool
    /// The reason.
    package var cause: Cause

    package init(
        id: ID, origin: Origin, target: Target, kind: Kind, isUndo: Bool = false,
        isDryRun: Bool = false, chain: UInt64, continuesOnError: Bool = false,
        isTogether: Bool = false, cause: Cause
    ) {
        self.id = id
        self.origin = origin
        self.target = target
        self.kind = kind
        self.isUndo = isUndo
        self.isDryRun = isDryRun
        self.chain = chain
        self.continuesOnError = continuesOnError
        self.isTogether = isTogether
        self.cause = cause
    }

    /// The part of a policy that requests something.
    package enum Origin: Hashable, Sendable {
        /// Standing limits of a group; `index` is their position in ``PolicyDocument/limits``.
        case limits(group: String, index: Int)
        case pool(String)
        case autosize(String)
        case rule(String)
        case guarding(String)
        case engine
    }

    /// A cgroup by identity, so that a new cgroup at the same path is not mistaken for it.
    package struct Target: Hashable, Sendable {
        /// Its current path.
        package var path: CgroupPath
        /// Its identity.
        package var cgroup: CgroupID

        package init(path: CgroupPath, cgroup: CgroupID) {
            self.path = path
            self.cgroup = cgroup
        }
    }

    /// The action.
    package enum Kind: Hashable, Sendable {
        /// Sets values; all or none of them if ``Effect/isTogether``.
        case set([LimitAssignment])
        /// Restores the original values from the undo journal.
        case restore([LimitKey])
        /// Freezes the cgroup, which is thawed after `deadline` even if the engine dies.
        case freeze(deadline: Duration)
        case thaw
        case reclaim(Reclaiming)
        case kill(signal: String, grace: Duration, force: Bool)
        case hook(name: String, phase: Phase, waits: Bool)
        case notify(sinks: [String], level: LogLevel, text: String)
        case log(LogLevel, text: String)
    }

    /// The reason why a hook runs: the rule acts, is undone, or an OOM guard seeks relief.
    package enum Phase: String, Hashable, Sendable { case apply, undo, relief }
}

/// A limit and the value to set it to.
package struct LimitAssignment: Hashable, Sendable {
    /// The limit.
    package var key: LimitKey
    /// The value.
    package var value: LimitValue

    package init(_ key: LimitKey, _ value: LimitValue) {
        self.key = key
        self.value = value
    }
}

/// The reason for an action: an expression, and the values of its terms.
package struct Cause: Hashable, Sendable {
    /// The value of one term.
    package struct Evidence: Hashable, Sendable {
        /// The term as written in the expression: `avg(cpu.usage_usec.rate, 10s)`.
        package var term: String
        /// The value with its unit, `unknown` or `n/a`.
        package var value: String
        /// The share of the window with valid samples, 0 to 1; nil without a window.
        package var coverage: Double?

        package init(term: String, value: String, coverage: Double? = nil) {
            self.term = term
            self.value = value
            self.coverage = coverage
        }
    }

    /// The expression, or an explanation in words.
    package var text: String
    /// The values of the terms.
    package var evidence: [Evidence]

    package init(_ text: String, evidence: [Evidence] = []) {
        self.text = text
        self.evidence = evidence
    }
}

/// The result of an effect.
package struct EffectResult: Hashable, Sendable {
    /// The number of the effect.
    package var id: Effect.ID
    /// The outcome as a whole.
    package var outcome: Outcome
    /// The outcomes of those values of a setting that differ from the outcome as a whole.
    package var values: [LimitKey: Outcome]
    /// The values before and after the write, as the kernel shows them.
    package var changes: [Change]

    package init(
        id: Effect.ID, outcome: Outcome, values: [LimitKey: Outcome] = [:], changes: [Change] = []
    ) {
        self.id = id
        self.outcome = outcome
        self.values = values
        self.changes = changes
    }

    /// The ways in which an effect can end.
    package enum Outcome: Hashable, Sendable {
        case done
        /// Done as far as possible: rounded, clamped, or less reclaimed than requested.
        case partial(String)
        /// The kernel accepted the write, but it has no effect.
        case ineffective(String)
        /// Refused, so nothing was done: protected, another cgroup at the path, held, or a hook's
        /// veto.
        case vetoed(String)
        /// A part failed, and the rest was reverted.
        case rolledBack(Failure)
        /// A part failed, and not everything could be reverted; what remains stays in the journal.
        case halfway(Failure)
        /// The cgroup is gone.
        case gone
        case failed(Failure)
        /// It did not end within its deadline; no other action on the cgroup starts until it does.
        case hung
        /// Not started, because an earlier effect of its chain failed.
        case skipped
    }

    /// The reason for a failure.
    package struct Failure: Hashable, Sendable {
        /// The error of the system call; nil if none failed.
        package var errno: Errno?
        /// The error message.
        package var message: String

        package init(errno: Errno? = nil, _ message: String) {
            self.errno = errno
            self.message = message
        }
    }

    /// One value before and after a write.
    package struct Change: Hashable, Sendable {
        /// The limit.
        package var key: LimitKey
        /// The kernel's file.
        package var file: String
        /// The text of the file before the write, the text to write, and the text read back.
        package var before: String, wanted: String, after: String
        /// The value before and after, in the unit of the limit; nil if the text does not contain
        /// it.
        package var found: LimitValue?, readBack: LimitValue?

        /// Creates a change from its texts and their values.
        package init(
            key: LimitKey, file: String, before: String, wanted: String, after: String,
            found: LimitValue? = nil, readBack: LimitValue? = nil
        ) {
            self.key = key
            self.file = file
            self.before = before
            self.wanted = wanted
            self.after = after
            self.found = found
            self.readBack = readBack
        }
    }
}
