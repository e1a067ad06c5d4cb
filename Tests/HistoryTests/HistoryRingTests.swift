import CgroupModel
import History
import Testing

@Suite struct HistoryRingTests {
    @Test func emptyRingHasNoFrames() {
        let ring = HistoryRing()
        #expect(ring.frameCount == 0)
        #expect(ring.byteCount == 0)
        #expect(ring.latest == nil)
        #expect(ring.newestWallTime == nil)
    }

    @Test func oldestFramesAreDroppedAtTheBudget() {
        let budget = 100_000
        let ring = HistoryRing(byteBudget: budget, keyframeInterval: 10)
        var tree = RandomTree(seed: 1)
        tree.oddities = 0
        var snapshots: [Snapshot] = []
        for _ in 0..<400 {
            snapshots.append(tree.next())
            ring.append(snapshots[snapshots.count - 1])
            #expect(ring.byteCount <= budget || ring.frameCount == 1)
            #expect(ring.latest == snapshots.last)
            #expect(ring.numbers.upperBound == snapshots.count)
        }
        #expect(ring.frameCount < 400)
        #expect(ring.frameCount > 1)
        #expect(ring.newestWallTime == snapshots.last?.wallTime)
    }

    @Test func newestFrameIsAlwaysKept() {
        let ring = HistoryRing(byteBudget: 0)
        var tree = RandomTree(seed: 2)
        for _ in 0..<10 { ring.append(tree.next()) }
        #expect(ring.frameCount == 1)
        var cursor = HistoryCursor(ring)
        #expect(cursor.current == ring.latest?.normalised)
        #expect(cursor.snapshot(back: 1) == nil)
    }

    @Test func readersRunWhileFramesAreAppended() async {
        let ring = HistoryRing(byteBudget: 50_000, keyframeInterval: 7)
        var tree = RandomTree(seed: 4)
        ring.append(tree.next())
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    var cursor = HistoryCursor(ring)
                    for step in 0..<200 {
                        _ = cursor.snapshot(back: step % 9) ?? cursor.snapshot(back: 0)
                    }
                    return cursor.current != nil
                }
            }
            for _ in 0..<150 { ring.append(tree.next()) }
            for await isFound in group { #expect(isFound) }
        }
        #expect(ring.numbers.upperBound == 151)
    }
}
