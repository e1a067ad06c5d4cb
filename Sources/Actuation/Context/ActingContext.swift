package import CgroupModel
package import Hierarchy

/// The host that actions change, with the access to it and the safeguards.
///
/// Every action is made from a context alone.
package struct ActingContext: Sendable {
    /// The host's hierarchies.
    package let set: HierarchySet
    /// The interface files, which decide how a value is written.
    package var files: any ControlFiles
    /// The journal that changes are recorded in; nil for changes that are not undone.
    package let journal: UndoJournal?
    /// The cgroups on which disruptive actions are refused.
    package let protected: ProtectedSet
    /// The helper or keeper that thaws a cgroup if this process dies.
    let thawGuard: ThawGuard
    /// The parent of all shadows; nil puts each below the origin of its processes.
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

    /// Writes that are recorded in the journal.
    var recorded: JournaledWrite { JournaledWrite(files: files, journal: journal) }
}
