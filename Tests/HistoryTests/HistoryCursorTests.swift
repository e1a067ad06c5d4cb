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

    @Test(arguments: [1, 5, 9, 60]) func cursorMovesBackAndForth(interval: Int) {
        let (ring, snapshots) = Self.filled(seed: 21, count: 50, interval: interval)
        var cursor = HistoryCursor(ring)
        #expect(cursor.current == snapshots[49])
        for back in Array(0..<50) + (0..<50).reversed() {
            #expect(cursor.snapshot(back: back) == snapshots[49 - back])
            #expect(cursor.number == 49 - back)
        }
        #expect(cursor.snapshot(back: 50) == nil)
        #expect(cursor.current == snapshots[49])
    }

    @Test func cursorJumpsAnywhere() {
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

    @Test func cursorKeepsItsPositionWhileTheRingGrows() {
        let ring = HistoryRing(byteBudget: 150_000, keyframeInterval: 5)
        var tree = RandomTree(seed: 24)
        for _ in 0..<3 { ring.append(tree.next()) }
        var cursor = HistoryCursor(ring)
        let mine = cursor.current
        while ring.numbers.lowerBound < 10 { ring.append(tree.next()) }
        #expect(cursor.current == mine && cursor.number == 2)
        #expect(cursor.snapshot(back: 0) == ring.latest?.normalised)
    }

    @Test func cursorWaitsForTheFirstSnapshot() {
        let ring = HistoryRing()
        var cursor = HistoryCursor(ring)
        #expect(cursor.current == nil)
        #expect(cursor.snapshot(back: 0) == nil)
        var tree = RandomTree(seed: 25)
        ring.append(tree.next())
        #expect(cursor.snapshot(back: 0) == ring.latest?.normalised)
    }

    @Test func seriesFollowsOneIdentity() {
        let ring = HistoryRing(keyframeInterval: 4)
        for tick in 1...20 as ClosedRange<UInt64> {
            var builder = SnapshotBuilder(metrics: ["memory.current"])
            builder.tick = tick
            builder.add("/", inode: 1, generation: 1)
            if tick.isMultiple(of: 3) { builder.add("/a", inode: 5, generation: 100 + tick) }
            // The path comes back at tick 15 as another cgroup.
            if (5...10).contains(tick) || tick >= 15 {
                builder.add(
                    "/b", inode: 7, generation: tick < 15 ? 2 : 3, ["memory.current": Reading(tick)]
                )
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
}
