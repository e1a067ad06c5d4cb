package import Actuation
package import CgroupModel
package import Policy

/// The services that guards use.
package struct GuardTools: Sendable {
    /// The host, with a journal of the original values on a tmpfs.
    package let context: ActingContext
    /// The receiver of notices.
    package let notices: any NoticeSink
    /// The runner of hooks.
    package let hooks: any HookRunning
    /// The keeper that thaws cgroups even if this process hangs; nil for none.
    package let deadlines: (any ThawKeeping)?
    /// Returns an operator's hold on a cgroup; nil if there is none.
    ///
    /// It is called before each freeze, so it must be fast.
    package let hold: @Sendable (CgroupPath) -> String?
    /// Receives the audit log's records from any thread; their sequence numbers are 0.
    package let audit: @Sendable (AuditRecord) -> Void

    /// Creates the tools of all guards.
    package init(
        _ context: ActingContext, notices: any NoticeSink, hooks: any HookRunning,
        deadlines: (any ThawKeeping)? = nil, hold: @escaping @Sendable (CgroupPath) -> String?,
        audit: @escaping @Sendable (AuditRecord) -> Void
    ) {
        self.context = context
        self.notices = notices
        self.hooks = hooks
        self.deadlines = deadlines
        self.hold = hold
        self.audit = audit
    }
}
