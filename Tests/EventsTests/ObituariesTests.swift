import CgroupModel
import Foundation
import TestSupport
import Testing

@testable import Events

@Suite struct ObituariesTests {
    @Test func aCgroupThatEndsKeepsItsLastSampleAndItsParentTheRest() throws {
        var feed = DeathFeed()
        _ = feed.take { family(&$0, 500) }
        _ = feed.take { family(&$0, 600, ["a": 100]) }
        let report = feed.take { family(&$0, 640) }
        let stone = try #require(report.tombstones.first)
        #expect(report.tombstones.count == 1)
        #expect(stone.cgroup.path == CgroupPath("/p/a"))
        #expect(stone.cgroup.id != nil)
        #expect(stone.reading == .sample)
        #expect(stone.totals.cpuTime == 100)
        #expect(stone.lifetime == 1_000_000)
        #expect(cpu(report.unattributed) == [40])
        #expect(report.unattributed[0].parent.path == CgroupPath("/p"))
    }

    @Test func impossibleCountsOfARecordingDoNotOverflow() {
        var feed = DeathFeed()
        for _ in 0..<2 {
            let report = feed.take { builder in
                builder.add("/p", generation: 1, ["pids.current": Reading(0)])
                for number: UInt64 in 2...4 {
                    builder.add(
                        "/p/\(number)", generation: number, ["pids.current": Reading(1 << 63)])
                }
            }
            #expect(report.tombstones.isEmpty)
        }
    }

    @Test func aFinalReadingIsExact() throws {
        var feed = DeathFeed()
        _ = feed.take { family(&$0, 500) }
        _ = feed.take { family(&$0, 600, ["a": 100]) }
        let report = feed.take([feed.end("/p/a", 2.5, lived: 0.7, cpu: 140)]) {
            family(&$0, 640)
        }
        #expect(report.tombstones.map(\.reading) == [.final])
        #expect(report.tombstones.map(\.totals.cpuTime) == [140])
        #expect(report.tombstones.map(\.lifetime) == [700_000])
        #expect(report.unattributed.isEmpty)
    }

    /// The kernel sends it after the removal.
    @Test func endThatIsNoticedAfterTheSampleCountsOnce() throws {
        var feed = DeathFeed()
        _ = feed.take { family(&$0, 500) }
        _ = feed.take { family(&$0, 600, ["a": 100]) }
        let first = feed.take { family(&$0, 640) }
        #expect(first.tombstones.map(\.totals.cpuTime) == [100])
        #expect(cpu(first.unattributed) == [40])
        let id = try #require(first.tombstones.first?.cgroup.id)
        var late = feed.end("/p/a", 3.05, lived: 1.5, cpu: 140)
        late.inode = id.inode
        var next = feed.end("/p/a", 3.5, lived: 0.2, cpu: 30)
        next.inode = id.inode + 100
        let report = feed.take([late, next]) { family(&$0, 670) }
        #expect(report.tombstones.map(\.totals.cpuTime) == [30])
        #expect(report.unattributed.isEmpty)
    }

    @Test func cgroupsBetweenTwoSamplesHaveTombstonesAndARemainder() {
        var feed = DeathFeed()
        _ = feed.take { family(&$0, 500) }
        let ends = [
            feed.end("/p/a", 1.2, lived: 0.05, cpu: 50), feed.end("/p/b", 1.3, lived: 0.05),
            feed.end("/p/a", 1.4, lived: 0.05, cpu: 60),
        ]
        let report = feed.take(ends) { family(&$0, 655) }
        #expect(report.tombstones.map(\.cgroup.path.description) == ["/p/a", "/p/a", "/p/b"])
        #expect(report.tombstones.map(\.reading) == [.final, .final, .none])
        #expect(report.tombstones.allSatisfy { $0.cgroup.id == nil && $0.lifetime == 50_000 })
        #expect(cpu(report.unattributed) == [45])
        #expect(feed.take { family(&$0, 655) }.unattributed.isEmpty)
    }

    @Test func tombstonesAndRemaindersAddUpToTheParentsCounter() {
        var feed = DeathFeed()
        var noise = SeededNoise(seed: 7)
        _ = feed.take { family(&$0, 1000) }
        var total: UInt64 = 0
        var told: UInt64 = 0
        for _ in 0..<100 {
            var ends: [CgroupEnd] = []
            for job in 0..<10 {
                let used = noise.next() % 1000
                total += used
                ends.append(
                    feed.end(
                        "/p/\(job)", Double(feed.second) + 0.5, lived: 0.05,
                        cpu: job % 3 == 0 ? nil : used))
            }
            let report = feed.take(ends) { family(&$0, 1000 + total) }
            told += report.tombstones.compactMap(\.totals.cpuTime).reduce(0, +)
            told += report.unattributed.compactMap(\.totals.cpuTime).reduce(0, +)
        }
        #expect(told == total)
    }

    @Test func theEndOfALaterCgroupAtTheSamePathIsToldByItsInode() {
        var feed = DeathFeed()
        _ = feed.take { family(&$0, 500) }
        _ = feed.take { $0.add("/p/a", inode: 7, generation: 10) }
        var first = feed.end("/p/a", 2.2, lived: 0.1, cpu: 60)
        first.inode = 99
        var second = feed.end("/p/a", 2.8, lived: 1.5, cpu: 140)
        second.inode = 7
        let stones = feed.take([first, second]) { family(&$0, 700) }.tombstones
        #expect(stones.first { $0.cgroup.id?.generation == 10 }?.totals.cpuTime == 140)
        #expect(stones.first { $0.cgroup.id == nil }?.totals.cpuTime == 60)
    }

    /// Its directory was gone before its inode was read, and a later cgroup has its path.
    @Test func theEndOfAReportedCgroupIsFoundWithoutItsInode() {
        var feed = DeathFeed()
        _ = feed.take { family(&$0, 500) }
        let reported = UnsampledCgroup(
            cgroup: EventCgroup(CgroupPath("/p/a"), CgroupID(inode: 7, generation: 20)), born: 1)
        var ends = [feed.end("/p/a", 1.2, lived: 0.1), feed.end("/p/a", 1.4, lived: 0.1)]
        ends[0].isReplaced = true
        ends[1].isReplaced = true
        ends[1].inode = 8
        let stones = feed.take(ends, [reported]) { family(&$0, 600, ["a": 0]) }.tombstones
        #expect(stones.map(\.cgroup.id?.generation) == [nil, 20])
        #expect(stones.map(\.died.wall) == [feed.time(1.4).wall, feed.time(1.2).wall])
    }

    @Test func aReportedCgroupWhoseEndIsMissedGetsOneTombstone() {
        var feed = DeathFeed()
        _ = feed.take { family(&$0, 500) }
        let reported = UnsampledCgroup(
            cgroup: EventCgroup(CgroupPath("/p/a"), CgroupID(inode: 7, generation: 20)), born: 1)
        var stones = feed.take([], [reported]) { family(&$0, 600) }.tombstones
        for _ in 0..<10 { stones += feed.take { family(&$0, 600) }.tombstones }
        #expect(stones.map(\.cgroup.id?.generation) == [20])
        #expect(stones.map(\.reading) == [.none])
    }

    /// It ended after the sample began, but the sample does not contain it.
    @Test func theEndOfAnUnseenCgroupDoesNotWaitForALaterOneAtItsPath() {
        var feed = DeathFeed()
        _ = feed.take { family(&$0, 500) }
        var end = feed.end("/p/a", 2.01, lived: 0.1)
        end.inode = 6
        #expect(feed.take([end]) { family(&$0, 600) }.tombstones.isEmpty)
        let report = feed.take {
            family(&$0, 600)
            $0.add("/p/a", inode: 7, generation: 30, controllers: [.memory])
        }
        #expect(report.tombstones.map(\.died.wall) == [feed.time(2.01).wall])
    }

    @Test func whatAParentUsedWithoutADeathIsNotUnattributed() {
        var feed = DeathFeed()
        _ = feed.take { family(&$0, 500, ["a": 10]) }
        #expect(feed.take { family(&$0, 900, ["a": 20]) }.unattributed.isEmpty)
    }

    /// A parent is read before its children, which run on meanwhile.
    @Test func theSkewOfASweepIsNotUnattributed() {
        var feed = DeathFeed()
        _ = feed.take { family(&$0, 0, ["a": 0, "b": 0]) }
        let report = feed.take(sweep: 50_000_000) {
            $0.add(
                "/p", generation: 1,
                ["cpu.usage_usec": Reading(1_030_000), "pids.current": Reading(1)])
            $0.add(
                "/p/a", generation: 10,
                ["cpu.usage_usec": Reading(1_000_000), "pids.current": Reading(1)])
        }
        #expect(report.tombstones.map(\.cgroup.path.description) == ["/p/b"])
        #expect(report.unattributed.isEmpty)
    }

    @Test func aFamilyThatEndsTogetherIsAccountedForOnce() {
        var feed = DeathFeed()
        _ = feed.take { $0.add("/q", generation: 99, ["pids.current": Reading(0)]) }
        _ = feed.take {
            $0.add("/q", generation: 99, ["pids.current": Reading(1)])
            family(&$0, 100, ["a": 30])
        }
        let report = feed.take([
            feed.end("/p/a", 2.5, lived: 1, cpu: 50), feed.end("/p", 2.6, lived: 2, cpu: 180),
        ]) {
            $0.add("/q", generation: 99, ["pids.current": Reading(0)])
        }
        #expect(report.tombstones.map(\.totals.cpuTime) == [180, 50])
        // 180 is 50 of the child and 130 of others: the tombstone of /p has all of it.
        #expect(cpu(report.unattributed) == [130])
    }

    @Test func unsampledChildThatEndsWithItsParentIsAccountedForOnce() {
        var feed = DeathFeed()
        _ = feed.take { $0.add("/q", generation: 99, ["pids.current": Reading(0)]) }
        _ = feed.take {
            $0.add("/q", generation: 99, ["pids.current": Reading(1)])
            family(&$0, 100, ["a": 30])
        }
        let reported = UnsampledCgroup(
            cgroup: EventCgroup(CgroupPath("/p/b"), CgroupID(inode: 7, generation: 20)), born: 1)
        var end = feed.end("/p/b", 2.4, lived: 0.1, cpu: 60)
        end.inode = 7
        let ends = [
            end, feed.end("/p/a", 2.5, lived: 1, cpu: 50),
            feed.end("/p", 2.6, lived: 2, cpu: 180),
        ]
        let report = feed.take(ends, [reported]) {
            $0.add("/q", generation: 99, ["pids.current": Reading(0)])
        }
        #expect(report.tombstones.map(\.totals.cpuTime) == [180, 50, 60])
        // 180 is 50 and 60 of the children, and 70 of others.
        #expect(cpu(report.unattributed) == [70])
    }

    @Test func anEndAfterTheBeginningOfASampleThatHasTheCgroupCountsAtTheNextOne() {
        var feed = DeathFeed()
        _ = feed.take { family(&$0, 500) }
        _ = feed.take { family(&$0, 600, ["a": 100]) }
        let end = feed.end("/p/a", 3.01, lived: 2, cpu: 140)
        #expect(feed.take([end]) { family(&$0, 610, ["a": 110]) }.tombstones.isEmpty)
        let report = feed.take { family(&$0, 640) }
        #expect(report.tombstones.map(\.totals.cpuTime) == [140])
        #expect(report.tombstones.map(\.cgroup.id?.generation) == [10])
        #expect(report.unattributed.isEmpty)
    }

    /// On v1 a cgroup may be removed from one hierarchy before the others.
    @Test func cgroupStillInTheSampleGetsOneTombstone() {
        var feed = DeathFeed()
        _ = feed.take { family(&$0, 500) }
        let end = feed.end("/p/a", 1.9, lived: 0.5)
        #expect(feed.take([end]) { family(&$0, 600, ["a": 100]) }.tombstones.isEmpty)
        let report = feed.take { family(&$0, 600) }
        #expect(report.tombstones.map(\.totals.cpuTime) == [100])
        #expect(report.tombstones.map(\.lifetime) == [500_000])
        #expect(feed.take { family(&$0, 600) }.tombstones.isEmpty)
    }

    @Test func cgroupReplacedAtItsPathGetsATombstoneImmediately() {
        var feed = DeathFeed()
        _ = feed.take { family(&$0, 500) }
        var end = feed.end("/p/a", 1.9, lived: 0.5)
        end.isReplaced = true
        let report = feed.take([end]) { family(&$0, 600, ["a": 100]) }
        #expect(report.tombstones.map(\.reading) == [.none])
    }

    @Test func firstSampleYieldsNoTombstone() {
        var feed = DeathFeed()
        let report = feed.take([feed.end("/p/a", 0.5, lived: 0.1, cpu: 5)]) { family(&$0, 5) }
        #expect(report.tombstones.isEmpty)
        #expect(report.unattributed.isEmpty)
    }

    @Test func newestTombstonesAreKeptWithinTheBounds() {
        var feed = DeathFeed()
        _ = feed.take { family(&$0, 0) }
        var graveyard = Graveyard(mostCount: 10, mostBytes: 100_000)
        for _ in 0..<50 {
            let ends = (0..<3).map { feed.end("/p/\($0)", Double(feed.second), lived: 0.1) }
            let report = feed.take(ends) { family(&$0, 0) }
            graveyard.add(report.tombstones, report.unattributed)
        }
        #expect(graveyard.all.count == 10)
        #expect(graveyard.all.last?.died.boot == UInt64(50e9))
        let name = String(repeating: "x", count: 200)
        var small = Graveyard(mostCount: 1000, mostBytes: 5000)
        for _ in 0..<50 {
            let end = feed.end("/p/\(name)", Double(feed.second), lived: 0.1)
            small.add(feed.take([end]) { family(&$0, 0) }.tombstones, [])
        }
        #expect((5...10).contains(small.all.count))
    }

    @Test func anOOMKillIsTheKnownCauseOfAnEnd() {
        var feed = DeathFeed()
        _ = feed.take {
            family(&$0, 0)
            $0.add("/p/a", generation: 10, ["memory.events.oom_kill": Reading(1)])
        }
        let stones = feed.take { family(&$0, 0) }.tombstones
        #expect(stones.map(\.cause) == ["oom-kill"])
        #expect(stones[0].event.sentence == "removed; 1 OOM kill")
    }

    @Test func tombstoneHasTheTotalsOfTheCgroup() {
        var feed = DeathFeed()
        _ = feed.take { family(&$0, 0) }
        let stones = feed.take([feed.end("/p/a", 1.5, lived: 0.05, cpu: 47_200)]) {
            family(&$0, 47_200)
        }.tombstones
        #expect(
            stones.map(\.event.sentence)
                == ["removed after 50 ms; it used 47.2 ms of CPU time"])
    }

    @Test func peakIsAtLeastTheUsageOfTheSameSample() {
        var builder = SnapshotBuilder()
        builder.add(
            "/a", ["memory.peak": Reading(4 << 20), "memory.current": Reading(19 << 20)])
        builder.add("/b", ["memory.current": Reading(19 << 20)])
        let snapshot = builder.build()
        let row = LifeTotals.rows.firstIndex { $0.field == .memoryPeak } ?? 0
        #expect(LifeTotals(snapshot, 0)[row] == 19 << 20)
        #expect(LifeTotals(snapshot, 1)[row] == nil)
    }

    @Test func killsInTheLogCountInTheTombstoneOfTheirCgroup() {
        func time(_ second: UInt64) -> EventTime {
            EventTime(wall: second * 1_000_000, boot: second * 1_000_000_000)
        }
        func stone(_ path: String, born: UInt64?) -> Tombstone {
            Tombstone(
                cgroup: EventCgroup(CgroupPath(path)), born: born.map { time($0).boot },
                died: time(9), totals: .unknown, reading: .sample)
        }
        var kills = RecentKills()
        kills.add(CgroupPath("/a"), time(2))
        kills.add(CgroupPath("/a"), time(5))
        kills.add(CgroupPath("/b"), time(5))
        // The first one was in an earlier cgroup at the path.
        #expect(kills.counted(in: stone("/a", born: 3)).totals.oomKills == 1)
        #expect(kills.counted(in: stone("/a", born: nil)).totals.oomKills == nil)
        #expect(kills.counted(in: stone("/b", born: nil)).cause == "oom-kill")
    }
}
