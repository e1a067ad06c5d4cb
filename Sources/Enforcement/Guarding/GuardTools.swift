package import Actuation
package import CgroupModel
package import Hierarchy
package import Policy

/// The services that guards use.
package struct GuardTools: Sendable {
    /// The host's hierarchies.
    package var set: HierarchySet
    /// The files for limits, with writes through systemd where it keeps them.
    package var files: any ControlFiles
    /// The journal of the original values, on a tmpfs.
    package var journal: UndoJournal
    /// The protected cgroups.
    package var protected: ProtectedSet
    /// The receiver of notices.
    package var notices: any NoticeSink
    /// The runner of hooks.
    package var hooks: any HookRunning
    /// The keeper that thaws cgroups even if this process hangs; nil for none.
    package var deadlines: (any ThawKeeping)?
    /// Returns an operator's hold on a cgroup; nil without one.
    ///
    /// It is called before each freeze, so it must be fast.
    package var hold: @Sendable (CgroupPath) -> String?
    /// Receives the audit log's records from any thread; their sequence numbers are 0.
    package var audit: @Sendable (AuditRecord) -> Void

    /// Creates the tools of all guards.
    package init(
        set: HierarchySet, files: any ControlFiles, journal: UndoJournal,
        protected: ProtectedSet, notices: any NoticeSink, hooks: any HookRunning,
        deadlines: (any ThawKeeping)? = nil, hold: @escaping @Sendable (CgroupPath) -> String?,
        audit: @escaping @Sendable (AuditRecord) -> Void
    ) {
        self.set = set
        self.files = files
        self.journal = journal
        self.protected = protected
        self.notices = notices
        self.hooks = hooks
        self.deadlines = deadlines
        self.hold = hold
        self.audit = audit
    }
}
