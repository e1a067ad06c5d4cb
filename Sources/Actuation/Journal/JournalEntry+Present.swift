public import Hierarchy
public import KernelIO

extension JournalEntry {
    /// How what an entry is about stands now.
    public enum Present: Sendable {
        /// It is there, with this value in the form of ``JournalEntry/original``.
        case value(String)
        /// The cgroup or the process is gone, or another one has taken its place.
        case gone
        /// The hierarchy is not mounted here.
        case hidden
        case unreadable(IOError)
    }

    /// Looks at the kernel's value.
    public func present(
        in set: HierarchySet, _ files: any ControlFiles = KernelControlFiles()
    ) -> Present {
        guard set.hierarchies.contains(where: { $0.label == hierarchy }) else { return .hidden }
        do throws(IOError) {
            return try UndoTarget(self, in: set, files, RenamedPlaces()).map { .value($0.found) }
                ?? .gone
        } catch {
            return .unreadable(error)
        }
    }
}
