import CgroupModel
import Hierarchy
import TestSupport
import Testing

@testable import Actuation
@testable import Reports

/// Who set a limit, as `explain` and `show` report it.
@Suite struct LimitOwnersTests {
    @Test func explainAndShowNameTheSameAuthorOfALimit() throws {
        let tree = try CapturedTree("v1-6.1")
        let folder = try ScratchFolder()
        let set = try HierarchySet.discover(tree.system)
        let hierarchy = set.hierarchies[try #require(set.legacy(.pids))]
        let path = try #require(
            try tree.files().compactMap { file in
                file.path.hasSuffix("/pids.max") ? file.path : nil
            }.first)
        let cgroup = CgroupPath(String(path.dropFirst("pids".count).dropLast("/pids.max".count)))
        let directory = try CgroupDirectory(cgroup, in: hierarchy)
        let journal = UndoJournal(directory: folder.path("state"), owner: JournalEntry.daemon)
        _ = try journal.begin(
            directory: directory, file: "pids.max", original: "max", wanted: "5", cause: "park")
        let owners = LimitOwners(in: set, journal: journal)
        #expect(owners.owner(of: "pids.max", in: cgroup) == "cgwarden (rule park)")
        #expect(owners.owner(of: "pids.current", in: cgroup) == nil)
        let rows = owners.report(on: cgroup).rows
        #expect(rows.map(\.0) == ["pids.max"])
        #expect(rows[0].1.contains("; cgwarden (rule park), "), "\(rows[0].1)")
    }
}
