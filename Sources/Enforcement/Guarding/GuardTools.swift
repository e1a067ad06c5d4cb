public import Actuation
public import CgroupModel
public import Hierarchy
public import Policy

/// What guards need of the rest of the program.
public struct GuardTools: Sendable {
    /// The machine's trees.
    public var set: HierarchySet
    /// How limits are written: through systemd where it keeps them.
    public var files: any ControlFiles
    /// Where the originals stand; on a tmpfs.
    public var journal: UndoJournal
    /// What is spared.
    public var protected: ProtectedSet
    /// Who tells people.
    public var notices: any NoticeSink
    /// Who runs hooks.
    public var hooks: any HookRunning
    /// Who sees to it that what is frozen goes on even if this process hangs; nil for nobody.
    public var deadlines: (any ThawKeeping)?
    /// Why an operator wants a cgroup left alone, nil if nobody does; asked before each freeze, so
    /// it must not take long.
    public var hold: @Sendable (CgroupPath) -> String?
    /// Takes the audit log's lines, from any thread; they are numbered 0.
    public var audit: @Sendable (AuditRecord) -> Void

    /// Joins the parts.
    public init(
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
