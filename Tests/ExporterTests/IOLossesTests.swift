import CgroupModel
import Exporter
import TestSupport
import Testing

/// I/O counters of v1 that fall when a cgroup below is removed.
@Suite struct IOLossesTests {
    private static let disk = InstanceKey(major: 254, minor: 0)
    private let ledger = ExportLedger()

    private struct Cgroup {
        let path: String
        let generation: UInt64
        let bytes: UInt64
        let before: UInt64?

        init(_ path: String, _ generation: UInt64, _ bytes: UInt64, before: UInt64? = nil) {
            self.path = path
            self.generation = generation
            self.bytes = bytes
            self.before = before
        }
    }

    /// Enters a sample, and gives what is exported of each cgroup.
    private func enter(_ cgroups: [Cgroup]) throws -> [UInt64?] {
        var builder = SnapshotBuilder()
        for cgroup in cgroups {
            builder.add(cgroup.path, inode: cgroup.generation, generation: cgroup.generation)
            builder.instance("io.wbytes", Self.disk, cgroup.bytes, before: cgroup.before)
        }
        ledger.enter(builder.build())
        let exported = try #require(ledger.latest)
        return exported.cgroups.indices.map { exported.instances($0).first?.reading.value }
    }

    @Test func ioOfARemovedChildStaysInTheParentsCounter() throws {
        #expect(try enter([Cgroup("/a", 2, 900), Cgroup("/a/x", 5, 500)]) == [900, 500])
        // The child is gone, and the kernel's sum with it.
        #expect(try enter([Cgroup("/a", 2, 400, before: 900)]) == [900])
        #expect(try enter([Cgroup("/a", 2, 450, before: 400)]) == [950])
        // Another one, while the parent moved 30 more.
        #expect(
            try enter([Cgroup("/a", 2, 520, before: 450), Cgroup("/a/y", 6, 70)]) == [1020, 70])
        #expect(try enter([Cgroup("/a", 2, 480, before: 520)]) == [1020])
        #expect(try enter([Cgroup("/a", 2, 480, before: 480)]) == [1020])
    }

    @Test func rateIgnoresRemovedChildren() throws {
        _ = try enter([Cgroup("/a", 2, 900)])
        _ = try enter([Cgroup("/a", 2, 400, before: 900)])
        let removal = try #require(ledger.latest)
        #expect(removal.summedRate(0, try metric()) == 0)
        _ = try enter([Cgroup("/a", 2, 450, before: 400)])
        let after = try #require(ledger.latest)
        #expect(after.summedRate(0, try metric()) == 50)
    }

    @Test func recreatedCgroupStartsFromZero() throws {
        _ = try enter([Cgroup("/a", 2, 900)])
        _ = try enter([Cgroup("/a", 2, 400, before: 900)])
        #expect(try enter([Cgroup("/a", 3, 10)]) == [10])
        // Nor does the first, should the number of its directory come again.
        #expect(try enter([Cgroup("/a", 2, 20)]) == [20])
    }

    private func metric() throws -> MetricID {
        try #require(MetricCatalog.metric(named: "io.wbytes")).id
    }
}
