package import Policy
package import PolicyLanguage

/// One run of a hook: the program and the data in its environment.
package struct HookRun: Hashable, Sendable {
    /// The program.
    package var hook: Hook
    /// The rule or guard: CGWARDEN_RULE.
    package var rule: String
    /// The cgroup: CGWARDEN_GROUP and CGWARDEN_INODE.
    package var target: Effect.Target
    /// The action on the cgroup: CGWARDEN_ACTION.
    package var action: String
    /// Why the hook runs (apply, undo or relief): CGWARDEN_PHASE.
    package var phase: Effect.Phase
    /// The cause: CGWARDEN_CAUSE_JSON.
    package var cause: Cause
    /// Whether the run is a dry run: CGWARDEN_DRY_RUN.
    package var isDryRun = false
}

/// The outcome of a hook.
package enum HookEnding: Hashable, Sendable {
    /// Exit status 0: proceed.
    case succeeded
    /// Exit status 75: do not perform the action.
    case vetoed
    /// Another exit status, a signal or a failed start, with a message.
    case failed(String)
    /// It was terminated at its timeout.
    case timedOut
}

/// Runs hooks.
package protocol HookRunning: Sendable {
    /// Starts a hook and returns immediately; `ended` is called exactly once, from any thread.
    func start(_ run: HookRun, ended: @escaping @Sendable (HookEnding) -> Void)

    /// Ends the running hooks and drops the waiting ones, which all fail; returns immediately.
    func endAll()
}

extension HookRunning {
    /// Does nothing, for hooks that are not processes.
    package func endAll() {}
}
