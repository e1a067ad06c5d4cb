import CgroupModel
import Hierarchy
import Testing

@testable import Actuation

/// Shadows on plain files, which another process creates at the same time.
@Suite struct ShadowGroupsTests {
    private let tree: CapturedCgroups
    private let origin: CgroupDirectory
    private let journal: UndoJournal
    private let shadows: ShadowGroups

    init() throws {
        tree = try CapturedCgroups(legacy: ["cpuset"])
        origin = try tree.cgroup("/a", ["cpuset.cpus": "0-3", "cpuset.mems": "0"])
        journal = UndoJournal(directory: tree.place + "/state")
        shadows = ShadowGroups(ActingContext(tree.set, journal: journal))
    }

    @Test func shadowOfAnotherProcessIsUsed() throws {
        // The other process has not copied the lists yet.
        let shadow = try tree.cgroup("/a/shadow", ["cpuset.cpus": "", "cpuset.mems": ""])
        let found = try shadows.create(shadow.path, origin, journal)
        #expect(found.inode == shadow.inode)
        #expect(try shadow.text("cpuset.cpus") == "0-3")
        #expect(try shadow.text("cpuset.mems") == "0")
        #expect(try journal.entries().map(\.readBack) == ["\(shadow.inode)"])
    }

    @Test func shadowOfAnotherProcessStaysAfterAFailure() throws {
        // It has no lists, so they cannot be copied.
        let shadow = try tree.cgroup("/a/shadow")
        #expect(throws: ActuationError.self) {
            try shadows.create(shadow.path, origin, journal)
        }
        #expect(try shadow.isCurrent())
    }
}
