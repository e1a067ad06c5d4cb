import CgroupModel
import History
import TestSupport
import Testing

@Suite struct FrameCodecTests {
    @Test(arguments: 0..<60 as Range<UInt64>) func frameRoundTrips(seed: UInt64) throws {
        var tree = RandomTree(seed: seed)
        var original: Snapshot?
        var decoded: Snapshot?
        for step in 0..<40 {
            let next = tree.next()
            let frame = FrameCodec.encode(next, after: step % 15 == 0 ? nil : original)
            decoded = try FrameCodec.decode(frame, after: decoded)
            #expect(decoded == next.normalised, "seed \(seed), step \(step)")
            original = next
        }
    }

    @Test func normalizedSnapshotKeepsItsNumbers() {
        var tree = RandomTree(seed: 7)
        for _ in 0..<20 {
            let snapshot = tree.next()
            let normalised = snapshot.normalised
            #expect(normalised.blocks.count == 1)
            for index in snapshot.cgroups.indices {
                for metric in MetricCatalog.all {
                    #expect(normalised[index, metric.id] == snapshot[index, metric.id])
                    #expect(
                        normalised.previous(index, metric.id)
                            == snapshot.previous(index, metric.id))
                }
                #expect(normalised.instances(index).elementsEqual(snapshot.instances(index)))
            }
        }
    }

    @Test func everyUnavailableReasonRoundTrips() throws {
        let reasons: [Reading] = [
            .absent, .unlimited, .unsupported, .notPermitted, .gone, .malformed, Reading(0),
            Reading(Reading.largestValue),
        ]
        for old in reasons {
            for new in reasons {
                let first = Self.one(["memory.max": old])
                let second = Self.one(["memory.max": new])
                let frame = FrameCodec.encode(second, after: first)
                #expect(try FrameCodec.decode(frame, after: first)[0, .memoryMax] == new)
            }
        }
    }

    @Test func changedColumnsNeedAKeyframe() {
        let first = Self.one(["memory.max": Reading(1)])
        let second = Self.one(["memory.high": Reading(1)])
        #expect(FrameCodec.isKeyframe(FrameCodec.encode(second, after: first)))
        #expect(!FrameCodec.isKeyframe(FrameCodec.encode(first, after: first)))
    }

    @Test func unchangedTickIsTiny() {
        let frame = FrameCodec.encode(Self.many(usage: 5), after: Self.many(usage: 5))
        #expect(frame.count < 40)
    }

    @Test func unchangedBaselinesTakeNoSpace() {
        let first = Self.many(usage: 1000, before: 0, tick: 1)
        let ordinary = Self.many(usage: 2000, before: 1000, tick: 2)
        let odd = Self.many(usage: 2000, before: 7, tick: 2)
        let cheap = FrameCodec.encode(ordinary, after: first).count
        let dear = FrameCodec.encode(odd, after: first).count
        #expect(cheap < 500 * 2 + 60)
        #expect(dear > cheap + 500)
    }

    @Test func removedAndNewCgroupsDoNotAffectOthers() throws {
        let first = Self.many(usage: 1000, before: 0, tick: 1)
        var builder = SnapshotBuilder()
        builder.tick = 1
        for index in 0..<500 where index != 100 {
            builder.add(
                index == 300 ? "/new" : Self.name(index), inode: UInt64(index + 1),
                generation: index == 300 ? 9999 : UInt64(index + 1),
                ["cpu.usage_usec": Reading(1000)], before: ["cpu.usage_usec": Reading(0)])
        }
        let second = builder.build()
        let frame = FrameCodec.encode(second, after: first)
        #expect(frame.count < 80)
        #expect(try FrameCodec.decode(frame, after: first) == second.normalised)
    }

    private static func one(_ now: [String: Reading]) -> Snapshot {
        var builder = SnapshotBuilder()
        builder.add("/a", now)
        return builder.build()
    }

    private static func many(usage: UInt64, before: UInt64 = 0, tick: UInt64 = 1) -> Snapshot {
        var builder = SnapshotBuilder()
        builder.tick = tick
        for index in 0..<500 {
            builder.add(
                name(index), inode: UInt64(index + 1), generation: UInt64(index + 1),
                ["cpu.usage_usec": Reading(usage)], before: ["cpu.usage_usec": Reading(before)])
        }
        return builder.build()
    }

    private static func name(_ index: Int) -> String { "/c\(1000 + index)" }
}
