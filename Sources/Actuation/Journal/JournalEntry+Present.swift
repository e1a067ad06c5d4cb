package import Hierarchy
package import KernelIO

extension JournalEntry {
    /// The current state of an entry's subject.
    package enum Present: Sendable {
        /// It exists, with this value in the form of ``JournalEntry/original``.
        case value(String)
        /// The cgroup or the process no longer exists, or another one has replaced it.
        case gone
        /// The hierarchy is not mounted here.
        case hidden
        case unreadable(IOError)
    }

    /// Reads the kernel's current value.
    package func present(
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

    /// Whether the kernel's current value is the one last written.
    func isInForce(in set: HierarchySet, _ files: any ControlFiles) -> Bool {
        guard case .value(let text) = present(in: set, files) else { return false }
        return isWritten(text)
    }
}
