package import Actuation
internal import CgroupModel

/// The changes that people made by commands, which a panic leaves in force.
package struct ChangesByHand {
    private let count: Int

    /// Counts the values, processes and cgroups; one in several hierarchies counts once.
    package init(_ entries: [JournalEntry]) {
        count = Set(entries.filter { !$0.isDaemons }.map { "\($0.path) \($0.what)" }).count
    }

    /// The number of these changes, and how to undo them; nil if there are none.
    package var sentence: String? {
        guard count > 0 else { return nil }
        return (count == 1 ? "1 manual change remains" : "\(count) manual changes remain")
            + ". List: `cgwarden journal`. Undo: `cgwarden restore`."
    }
}
