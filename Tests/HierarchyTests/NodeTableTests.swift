import CgroupModel
import TestSupport
import Testing

@testable import Hierarchy

/// Identity over several hierarchies.
@Suite struct NodeTableTests {
    private func table(rowsPerShard: Int = 1000) throws -> NodeTable {
        let tree = try CapturedTree("v1-6.1")
        return try withExtendedLifetime(tree) {
            NodeTable(try HierarchySet.discover(tree.system), rowsPerShard: rowsPerShard)
        }
    }

    private let path = CgroupPath("/a")

    @Test func pathIsOneCgroupInAllHierarchies() throws {
        var table = try table()
        var changes: [NodeTable.Change] = []
        #expect(table.enter(path, hierarchy: 0, inode: 10, &changes) == .born)
        #expect(table.enter(path, hierarchy: 1, inode: 20, &changes) == .joined)
        #expect(table.count == 1)
        #expect(!table.leave(path, hierarchy: 0, &changes))
        #expect(table.leave(path, hierarchy: 1, &changes))
        #expect(!table.leave(path, hierarchy: 1, &changes))
        #expect(table.count == 0)
        #expect(table.assignments(changes).map(\.content?.generation) == [nil])
    }

    @Test func cgroupRecreatedInOneHierarchyIsANewCgroup() throws {
        var table = try table()
        var changes: [NodeTable.Change] = []
        _ = table.enter(path, hierarchy: 0, inode: 10, &changes)
        _ = table.enter(path, hierarchy: 1, inode: 20, &changes)
        let first = table.entries()[0].id.generation
        _ = table.leave(path, hierarchy: 0, &changes)
        // The directory was moved away and back: nothing is new.
        #expect(table.enter(path, hierarchy: 0, inode: 10, &changes) == .joined)
        #expect(table.entries()[0].id.generation == first)
        _ = table.leave(path, hierarchy: 0, &changes)
        #expect(table.enter(path, hierarchy: 0, inode: 11, &changes) == .replaced)
        let second = table.entries()[0].id.generation
        #expect(second > first)
        let contents = table.assignments(changes).map(\.content)
        #expect(contents.map(\.?.generation) == [second], "one assignment for each row")
        #expect(contents[0]?.inodes.prefix(2) == [11, 20])
    }

    @Test func rowsAreReusedButIdentitiesAreNot() throws {
        var table = try table(rowsPerShard: 2)
        var changes: [NodeTable.Change] = []
        for number in 0..<200 {
            let path = CgroupPath("/\(number)")
            _ = table.enter(path, hierarchy: 0, inode: UInt64(number + 1), &changes)
        }
        #expect(table.shardCount == 32)
        let places = Set(table.entries().map(\.row))
        #expect(places.count == 200)
        _ = table.leave(CgroupPath("/7"), hierarchy: 0, &changes)
        _ = table.enter(CgroupPath("/new"), hierarchy: 0, inode: 999, &changes)
        #expect(Set(table.entries().map(\.row)) == places)
    }
}
