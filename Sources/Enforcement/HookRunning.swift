public import Policy

/// One run of a hook: the program, and what its environment tells it.
public struct HookRun: Hashable, Sendable {
    /// The program.
    public var hook: Hook
    /// The rule or guard: CGWARDEN_RULE.
    public var rule: String
    /// The cgroup: CGWARDEN_GROUP and CGWARDEN_INODE.
    public var target: Effect.Target
    /// What is done with it: CGWARDEN_ACTION.
    public var action: String
    /// For which step: CGWARDEN_PHASE.
    public var phase: Effect.Phase
    /// Why: CGWARDEN_CAUSE_JSON.
    public var cause: Cause
    /// Whether everything but the doing happens: CGWARDEN_DRY_RUN.
    public var isDryRun: Bool

    /// Joins the parts.
    public init(
        hook: Hook, rule: String, target: Effect.Target, action: String, phase: Effect.Phase,
        cause: Cause, isDryRun: Bool = false
    ) {
        self.hook = hook
        self.rule = rule
        self.target = target
        self.action = action
        self.phase = phase
        self.cause = cause
        self.isDryRun = isDryRun
    }
}

/// How a hook ended.
public enum HookEnding: Hashable, Sendable {
    /// Exit status 0: go on.
    case succeeded
    /// Exit status 75: do not do what it was asked about.
    case vetoed
    /// Another exit status, a signal, or it could not be started; one sentence says which.
    case failed(String)
    /// It was ended at its timeout.
    case timedOut
}

/// Runs hooks.
public protocol HookRunning: Sendable {
    /// Starts a hook and returns at once; `ended` is called exactly once, from any thread.
    func start(_ run: HookRun, ended: @escaping @Sendable (HookEnding) -> Void)

    /// Ends the hooks that run now and drops those that wait for their turn; all of them fail.
    /// Returns at once.
    func endAll()
}

extension HookRunning {
    /// Does nothing, for hooks that are no processes.
    public func endAll() {}
}
