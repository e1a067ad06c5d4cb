package import CgroupModel
package import PolicyLanguage

/// One thing to be done to a cgroup; whoever does it answers with an ``EffectResult``.
package struct Effect: Hashable, Sendable {
    /// Counts up over the engine's life.
    package typealias ID = UInt64

    /// Its number, under which the result comes back.
    package var id: ID
    /// Who wants it.
    package var origin: Origin
    /// On which cgroup.
    package var target: Target
    /// What is to be done.
    package var kind: Kind
    /// Whether it takes an earlier one back.
    package var isUndo: Bool
    /// Whether everything but the doing happens.
    package var isDryRun: Bool
    /// The chain that it belongs to (one firing of a rule on one cgroup): its effects are done one
    /// after the other, and a failure ends the chain unless ``continuesOnError``.
    package var chain: UInt64
    /// Whether the rest of the chain is done although this one failed.
    package var continuesOnError: Bool
    /// Whether all values of a setting are set or none; otherwise what cannot be set leaves the
    /// others alone.
    package var isTogether: Bool
    /// Why.
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

    /// The part of a policy that something comes from.
    package enum Origin: Hashable, Sendable {
        /// The index of a standing limit in the document, for its place there.
        case limits(group: String, index: Int)
        case pool(String)
        case autosize(String)
        case rule(String)
        case guarding(String)
        case engine
    }

    /// The cgroup that is meant: another one at the same path is not.
    package struct Target: Hashable, Sendable {
        /// The path.
        package var path: CgroupPath
        /// The identity.
        package var cgroup: CgroupID

        package init(path: CgroupPath, cgroup: CgroupID) {
            self.path = path
            self.cgroup = cgroup
        }
    }

    /// What is to be done.
    package enum Kind: Hashable, Sendable {
        /// Set values; all or none of them if ``Effect/isTogether``.
        case set([LimitAssignment])
        /// Put the original values back, from the undo journal.
        case restore([LimitKey])
        /// Stop it; thawed after `deadline` at the latest, whatever happens to the engine.
        case freeze(deadline: Duration)
        case thaw
        case reclaim(Reclaiming)
        case kill(signal: String, grace: Duration, force: Bool)
        case hook(name: String, phase: Phase, waits: Bool)
        case notify(sinks: [String], level: LogLevel, text: String)
        case log(LogLevel, text: String)
    }

    /// For which step of a rule a hook runs.
    package enum Phase: String, Hashable, Sendable { case apply, undo, relief }
}

/// A value that is wanted.
package struct LimitAssignment: Hashable, Sendable {
    /// Which value.
    package var key: LimitKey
    /// What it is to be.
    package var value: LimitValue

    package init(_ key: LimitKey, _ value: LimitValue) {
        self.key = key
        self.value = value
    }
}

/// Why something is done: the expression, and each metric that it looked at.
package struct Cause: Hashable, Sendable {
    /// One number that was looked at.
    package struct Evidence: Hashable, Sendable {
        /// As it stands in the expression: `avg(cpu.usage, 10s)`.
        package var term: String
        /// The value with its unit, `unknown` or `n/a`.
        package var value: String
        /// Which part of the window had valid samples, 0 to 1; nil without a window.
        package var coverage: Double?

        package init(term: String, value: String, coverage: Double? = nil) {
            self.term = term
            self.value = value
            self.coverage = coverage
        }
    }

    /// The expression or a sentence.
    package var text: String
    /// The numbers.
    package var evidence: [Evidence]

    package init(_ text: String, evidence: [Evidence] = []) {
        self.text = text
        self.evidence = evidence
    }
}

/// What became of an effect.
package struct EffectResult: Hashable, Sendable {
    /// Which one.
    package var id: Effect.ID
    /// How it ended.
    package var outcome: Outcome
    /// How single values of a setting ended that did not end as the whole did.
    package var values: [LimitKey: Outcome]
    /// What the kernel said before and says now, for values: key, before, wanted, after.
    package var changes: [Change]

    package init(
        id: Effect.ID, outcome: Outcome, values: [LimitKey: Outcome] = [:], changes: [Change] = []
    ) {
        self.id = id
        self.outcome = outcome
        self.values = values
        self.changes = changes
    }

    /// How an effect can end.
    package enum Outcome: Hashable, Sendable {
        case done
        /// Done as far as possible: rounded, clamped, or less reclaimed than asked for.
        case partial(String)
        /// The kernel accepted it and does not act on it.
        case ineffective(String)
        /// Nothing was done, and must not be: protected, another cgroup, held, a hook's veto.
        case vetoed(String)
        /// A part failed, and all of it was taken back.
        case rolledBack(Failure)
        /// A part failed, and something could not be taken back; it stays in the journal.
        case halfway(Failure)
        /// The cgroup is gone.
        case gone
        case failed(Failure)
        /// It did not end within its deadline; the cgroup is left alone until it does.
        case hung
        /// An earlier effect of its chain failed.
        case skipped
    }

    /// Why something failed.
    package struct Failure: Hashable, Sendable {
        /// The kernel's error number; nil for another kind of failure.
        package var errno: Errno?
        /// One sentence.
        package var message: String

        package init(errno: Errno? = nil, _ message: String) {
            self.errno = errno
            self.message = message
        }
    }

    /// One value's way.
    package struct Change: Hashable, Sendable {
        /// Which value.
        package var key: LimitKey
        /// The kernel's file.
        package var file: String
        /// The kernel's text before, as wanted, and after.
        package var before: String, wanted: String, after: String
        /// The value before and after, in the unit of the limit; nil if the file does not tell it.
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
