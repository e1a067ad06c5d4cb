internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// A mark on a cgroup whose freeze is recorded in our undo journal.
///
/// It survives a journal that has become unreadable. It is the extended attribute
/// `user.cgwarden.frozen`, and holds the journal's directory and, after a newline, the owner unless
/// that is a person.
struct FrozenMark {
    private static let name = "user.cgwarden.frozen"

    let journal: UndoJournal?

    func put(on cgroup: borrowing OwnedDescriptor) {
        guard let journal else { return }
        let owner = journal.owner.isEmpty ? "" : "\n\(journal.owner)"
        cgroup.setAttribute(Self.name, journal.directory + owner)
    }

    static func take(from cgroup: borrowing OwnedDescriptor) { cgroup.removeAttribute(name) }

    /// Thaws all cgroups with the mark.
    ///
    /// Their timeouts are lost with the journal.
    func thawAll(
        in set: HierarchySet, _ files: any ControlFiles, of owners: ChangeOwners = .all
    ) -> MarkedThaw {
        var result = MarkedThaw()
        for index in [set.unified, set.legacy(.freezer)].compactMap(\.self) {
            let hierarchy = set.hierarchies[index]
            do throws(IOError) {
                let top = try CgroupDirectory(.root, in: hierarchy)
                try top.visit(skippingCovered: true) { cgroup in
                    do throws(IOError) {
                        if try thaw(cgroup, files, of: owners) { result.count += 1 }
                    } catch {
                        if !error.isGone { result.note(ActuationError(error, on: cgroup)) }
                    }
                }
            } catch {
                if error.isGone { continue }
                result.note(
                    ActuationError(
                        .busy,
                        "\(error), so a frozen cgroup may have been missed (hierarchy "
                            + "\(hierarchy.label)); try again"))
            }
        }
        return result
    }

    /// Thaws a cgroup if it has the mark; returns whether it was frozen.
    ///
    /// The mark stays if the thaw fails.
    private func thaw(
        _ cgroup: CgroupDirectory, _ files: any ControlFiles, of owners: ChangeOwners
    ) throws(IOError) -> Bool {
        guard let own = journal?.directory.utf8, let mark = cgroup.descriptor.attribute(Self.name),
            mark.starts(with: own),
            mark.count == own.count || mark[own.count] == UInt8(ascii: "\n"),
            owners.include(isDaemons: mark.count > own.count)
        else { return false }
        let interface = FreezeInterface(version: cgroup.hierarchy.version)
        let isFrozen = try? interface.isRequested { file throws(IOError) in
            try files.text(file, of: cgroup)
        }
        if isFrozen != false {
            try files.write(interface.thawedValue, to: interface.file, of: cgroup)
        }
        Self.take(from: cgroup.descriptor)
        return isFrozen != false
    }
}

/// The result of thawing the cgroups that carry the freeze mark.
package struct MarkedThaw: Sendable {
    /// The number of cgroups that were frozen.
    package fileprivate(set) var count = 0
    /// Why a cgroup could not be examined or thawed; nil if all could.
    package fileprivate(set) var failure: ActuationError?

    /// Keeps the first failure.
    fileprivate mutating func note(_ error: ActuationError) { failure = failure ?? error }
}
