public import Policy

/// One run of a hook: the program and the data in its environment.
public struct HookRun: Hashable, Sendable {
    /// The program.
    public var hook: Hook
    /// The rule or guard: CGWARDEN_RULE.
    public var rule: String
    /// The cgroup: CGWARDEN_GROUP and CGWARDEN_INODE.
    public var target: Effect.Target
    /// The action on the cgroup: CGWARDEN_ACTION.
    public var action: String
    /// The phase of the action: CGWARDEN_PHASE.
    public var phase: Effect.Phase
    /// The cause: CGWARDEN_CAUSE_JSON.
    public var cause: Cause
    /// Whether the run is a dry run: CGWARDEN_DRY_RUN.
    public var isDryRun: Bool

    /// Creates a run from the hook and the data for its environment.
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

/// The outcome of a hook.
public enum HookEnding: Hashable, Sendable {
    /// Exit status 0: proceed.
    case succeeded
    /// Exit status 75: do not perform the action.
    case vetoed
    /// Another exit status, a signal or a failed start, with one sentence that says which.
    case failed(String)
    /// It was terminated at its timeout.
    case timedOut
}

/// Runs hooks.
public protocol HookRunning: Sendable {
    /// Starts a hook and returns at once; `ended` is called exactly once, from any thread.
    func start(_ run: HookRun, ended: @escaping @Sendable (HookEnding) -> Void)

    /// Ends the running hooks and drops the waiting ones; all of them fail. Returns at once.
    func endAll()
}

extension HookRunning {
    /// Does nothing, for hooks that are not processes.
    public func endAll() {}
}
