package import CgroupModel
package import Hierarchy

/// The host that actions change, with the access to its files and the safeguards.
///
/// Every action is created from a context alone.
package struct ActingContext: Sendable {
    /// The host's hierarchies.
    package let set: HierarchySet
    /// The interface files, which decide how a value is written.
    package var files: any ControlFiles
    /// The journal that changes are recorded in; nil for changes that are not undone.
    package private(set) var journal: UndoJournal?
    /// The cgroups on which disruptive actions are refused.
    package let protected: ProtectedSet
    /// The helper or keeper that thaws a cgroup if this process dies.
    let thawGuard: ThawGuard
    /// The parent of all shadows; nil puts each one below the v1 cgroup that its processes were in.
    let shadowParent: CgroupPath?

    /// Acts on the hierarchies of `set`; by default on the kernel's files, without a record.
    package init(
        _ set: HierarchySet, files: any ControlFiles = KernelControlFiles(),
        journal: UndoJournal? = nil, protected: ProtectedSet? = nil, thawGuard: ThawGuard = .own(),
        shadowParent: CgroupPath? = nil
    ) {
        self.set = set
        self.files = files
        self.journal = journal
        self.protected = protected ?? ProtectedSet(set)
        self.thawGuard = thawGuard
        self.shadowParent = shadowParent
    }

    /// Returns the same context with other files.
    package func with(_ files: any ControlFiles) -> ActingContext {
        var context = self
        context.files = files
        return context
    }

    /// Returns the context of one change that a separate helper process undoes at a deadline.
    ///
    /// Each call creates a change with its own deadline and helper. The helper starts with the
    /// first record. Throws without a journal, because the helper finds the change in it.
    package func expiring(
        _ expiry: Expiry, by program: UndoProgram = .own
    ) throws(ActuationError) -> ActingContext {
        guard expiry != .none else { return self }
        guard let journal else {
            throw ActuationError(
                .unavailable, "a change that expires needs an undo journal, and there is none")
        }
        var context = self
        context.journal = journal.expiring(ExpiringChange(expiry, by: program))
        return context
    }

    /// The number of this context's change for `cgwarden confirm`; nil if it does not expire or
    /// recorded nothing.
    package var changeNumber: UInt64? { journal?.change?.number }

    /// Writes that are recorded in the journal, if there is one.
    var recorded: JournaledWrite { JournaledWrite(files: files, journal: journal) }
}
