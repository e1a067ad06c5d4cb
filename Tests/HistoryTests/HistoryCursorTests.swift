import CgroupModel
import History
import TestSupport
import Testing

@Suite struct HistoryCursorTests {
    private static func filled(
        seed: UInt64, count: Int, interval: Int = 9, budget: Int = 32 << 20
    ) -> (HistoryRing, [Snapshot]) {
        let ring = HistoryRing(byteBudget: budget, keyframeInterval: interval)
        var tree = RandomTree(seed: seed)
        let snapshots = (0..<count).map { _ in tree.next() }
        for snapshot in snapshots { ring.append(snapshot) }
        return (ring, snapshots.map(\.normalised))
    }

    @Test(arguments: [1, 5, 9, 60]) func goesBackAndForth(interval: Int) {
        let (ring, snapshots) = Self.filled(seed: 21, count: 50, interval: interval)
        var cursor = HistoryCursor(ring)
        #expect(cursor.current == snapshots[49])
        for number in (0..<49).reversed() {
            #expect(cursor.stepBackward() == snapshots[number])
            #expect(cursor.distanceToLatest == 49 - number)
        }
        #expect(cursor.stepBackward() == nil)
        #expect(cursor.current == snapshots[0])
        for number in 1..<50 { #expect(cursor.stepForward() == snapshots[number]) }
        #expect(cursor.stepForward() == nil)
        #expect(cursor.current == snapshots[49])
    }

    @Test func jumpsAnywhere() {
        let (ring, snapshots) = Self.filled(seed: 22, count: 40)
        var random = SeededGenerator(seed: 22)
        var cursor = HistoryCursor(ring)
        for _ in 0..<200 {
            let back = random.below(40)
            #expect(cursor.snapshot(back: back) == snapshots[39 - back])
        }
        #expect(cursor.snapshot(back: 40) == nil)
        #expect(cursor.snapshot(back: -1) == nil)
    }

    @Test func seeksTheLastAtOrBefore() {
        let (ring, snapshots) = Self.filled(seed: 23, count: 30)
        var cursor = HistoryCursor(ring)
        for snapshot in snapshots {
            #expect(cursor.seek(wallTime: snapshot.wallTime) == snapshot)
            #expect(cursor.seek(wallTime: snapshot.wallTime + 1) == snapshot)
        }
        #expect(cursor.seek(wallTime: 0) == snapshots[0])
        #expect(cursor.seek(wallTime: .max) == snapshots[29])
    }

    @Test func staysWhereItIsWhileTheRingGoesOn() {
        let ring = HistoryRing(byteBudget: 150_000, keyframeInterval: 5)
        var tree = RandomTree(seed: 24)
        for _ in 0..<3 { ring.append(tree.next()) }
        var cursor = HistoryCursor(ring)
        let mine = cursor.current
        ring.append(tree.next())
        #expect(cursor.current == mine)
        #expect(cursor.distanceToLatest == 1)
        #expect(cursor.stepForward() == ring.latest?.normalised)
        let then = cursor.current
        while ring.numbers.lowerBound < 10 { ring.append(tree.next()) }
        #expect(cursor.current == then)
        #expect(cursor.stepBackward() == nil || cursor.number == 2)
        let oldest = ring.numbers.lowerBound
        #expect(cursor.stepForward() != nil)
        #expect(cursor.number.map { $0 == 3 || $0 == oldest } == true)
    }

    @Test func waitsForTheFirstSnapshot() {
        let ring = HistoryRing()
        var cursor = HistoryCursor(ring)
        #expect(cursor.current == nil)
        #expect(cursor.stepBackward() == nil)
        #expect(cursor.stepForward() == nil)
        #expect(cursor.seek(wallTime: 1) == nil)
        var tree = RandomTree(seed: 25)
        ring.append(tree.next())
        #expect(cursor.stepForward() == ring.latest?.normalised)
    }

    @Test func aSeriesFollowsOneIdentity() {
        let ring = HistoryRing(keyframeInterval: 4)
        for tick in 1...20 as ClosedRange<UInt64> {
            var builder = SnapshotBuilder(metrics: ["memory.usage"])
            builder.tick = tick
            builder.add("/", inode: 1, generation: 1)
            if tick.isMultiple(of: 3) { builder.add("/a", inode: 5, generation: 100 + tick) }
            // The path comes back at tick 15 as another cgroup.
            if (5...10).contains(tick) || tick >= 15 {
                builder.add(
                    "/b", inode: 7, generation: tick < 15 ? 2 : 3, ["memory.usage": Reading(tick)])
            }
            ring.append(builder.build())
        }
        let cursor = HistoryCursor(ring)
        let id = CgroupID(inode: 7, generation: 2)
        let series = cursor.series(of: id, count: 18) { snapshot, index in
            snapshot[index, .memoryUsage].value.map { Double($0) }
        }
        let before: [Double?] = [nil, nil, 5, 6, 7, 8, 9, 10]
        #expect(series == before + [Double?](repeating: nil, count: 10))
        #expect(cursor.series(of: id, count: 100) { _, index in index }.count == 20)
        #expect(cursor.series(of: id, count: 0) { _, index in index }.isEmpty)
    }

    @Test func aSlidingSeriesIsTheSeries() throws {
        let (ring, snapshots) = Self.filled(seed: 26, count: 60)
        let id = try #require(snapshots[30].cgroups.last?.id)
        let value: @Sendable (Snapshot, Int) -> UInt64? = { snapshot, index in
            snapshot.tick + UInt64(index)
        }
        var sliding = SlidingSeries(of: id, count: 12, value: value)
        var cursor = HistoryCursor(ring)
        for back in [59, 58, 57, 50, 49, 49, 20, 19, 15, 30, 31, 0, 1, 59] {
            #expect(cursor.snapshot(back: back) != nil)
            sliding.move(to: cursor)
            let expected = (max(59 - back - 11, 0)...59 - back).map { number in
                snapshots[number].cgroups.firstIndex { $0.id == id }.map {
                    snapshots[number].tick + UInt64($0)
                }
            }
            #expect(sliding.values == expected)
            #expect(cursor.series(of: id, count: 12, value: value) == expected)
        }
    }
}
