import CgroupModel
import TestSupport
import Testing

@testable import History

/// Arbitrary bytes are refused or decoded, but never crash the program.
@Suite struct HostileFrameTests {
    private static func frames() -> [(frame: [UInt8], earlier: Snapshot?)] {
        var tree = RandomTree(seed: 3)
        tree.oddities = 0
        tree.mostCgroups = 15
        for _ in 0..<10 { _ = tree.next() }
        let first = tree.next()
        let second = tree.next()
        return [
            (FrameCodec.encode(first, after: nil), nil),
            (FrameCodec.encode(second, after: first), first),
        ]
    }

    @Test func truncatedFrameIsRefused() {
        for (frame, earlier) in Self.frames() {
            #expect(frame.count > 100)
            for length in frame.indices {
                #expect(throws: FrameError.self) {
                    try FrameCodec.decode(Array(frame[..<length]), after: earlier)
                }
            }
        }
    }

    @Test func trailingBytesAreRefused() {
        for (frame, earlier) in Self.frames() {
            for extra: UInt8 in [0, 1, 0xff] {
                #expect(throws: FrameError.self) {
                    try FrameCodec.decode(frame + [extra], after: earlier)
                }
            }
        }
    }

    @Test func deltaFrameWithoutAKeyframeIsRefused() {
        #expect {
            try FrameCodec.decode(Self.frames()[1].frame, after: nil)
        } throws: {
            ($0 as? FrameError)?.reason == .noEarlierFrame
        }
    }

    @Test func changedBytesDoNotCrash() {
        var refused = 0
        for (frame, earlier) in Self.frames() {
            for place in frame.indices {
                for bits: UInt8 in [0x01, 0x80, 0xff] {
                    var bytes = frame
                    bytes[place] ^= bits
                    if !isRead(bytes, after: earlier) { refused += 1 }
                }
            }
        }
        #expect(refused > 0)
    }

    @Test func randomBytesDoNotCrash() {
        var random = SeededGenerator(seed: 11)
        let earlier = Self.frames()[1].earlier
        for round in 0..<20_000 {
            var bytes = (0..<random.below(60)).map { _ in
                random.chance(40) ? 0 : UInt8(truncatingIfNeeded: random.next() >> 56)
            }
            if !bytes.isEmpty { bytes[0] = UInt8(FrameCodec.Kind.delta) + UInt8(round % 2) }
            _ = isRead(bytes, after: earlier)
        }
    }

    @Test func frameAfterTheWrongSnapshotDoesNotCrash() {
        var tree = RandomTree(seed: 5)
        let snapshots = (0..<25).map { _ in tree.next() }
        for (place, snapshot) in snapshots.enumerated().dropFirst() {
            let frame = FrameCodec.encode(snapshot, after: snapshots[place - 1])
            for other in snapshots { _ = isRead(frame, after: other) }
        }
    }

    @Test func countsBeyondTheFrameAreRefused() {
        // Cgroups, then instances, that a run of zeros would conjure up.
        let endless: [UInt8] = [0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]
        let kind = UInt8(FrameCodec.Kind.keyframe)
        #expect(!isRead([kind] + endless, after: nil))
        let header: [UInt8] = [kind, 0, 27]
        #expect(!isRead(header + [0x80, 0x80, 0x80, 0x80, 0x10] + endless, after: nil))
    }

    @Test func cgroupContinuedTwiceIsRefused() {
        let earlier = RandomTree(seed: 8).first
        var out = RunWriter()
        out.put(FrameCodec.Kind.delta)
        out.put(0)
        out.put(0)
        ScalarFields.write(earlier.tierTimes, from: earlier.tierTimes, to: &out)
        ScalarFields.write(earlier.host, from: earlier.host, to: &out)
        ScalarFields.write(earlier.health, from: earlier.health, to: &out)
        out.put(3)
        for jump in [0, -1, -1] { out.put(jump == 0 ? 0 : 1 + zigzag(Int64(jump))) }
        // Enough zeros that nothing else can be wrong.
        for _ in 0..<100_000 { out.put(0) }
        #expect {
            try FrameCodec.decode(out.finish(), after: earlier)
        } throws: {
            ($0 as? FrameError)?.reason == .malformed
        }
    }

    /// Readers make lists of CPUs, and add to times.
    @Test func impossibleHostsAreRefused() {
        var builder = SnapshotBuilder()
        builder.add("/a", ["pids.current": Reading(1)])
        builder.host.cpuCount = 1 << 20
        #expect(!isRead(FrameCodec.encode(builder.build(), after: nil), after: nil))
        builder.host.cpuCount = 4096
        #expect(isRead(FrameCodec.encode(builder.build(), after: nil), after: nil))
        let possible = builder.build()
        let late = Snapshot(
            tick: 1, wallTime: 5,
            tierTimes: Tier.allCases.map { _ in TierTimes(now: 1 << 63, before: 1) },
            schema: possible.schema, cgroups: possible.cgroups, blocks: possible.blocks,
            host: possible.host, health: possible.health)
        #expect(!isRead(FrameCodec.encode(late, after: nil), after: nil))
    }

    @Test func numberOfMoreThan64BitsIsRefused() {
        for last: UInt8 in [2, 0x81] {
            let bytes =
                [UInt8(FrameCodec.Kind.keyframe)] + [UInt8](repeating: 0x80, count: 9) + [last, 1]
            #expect {
                try FrameCodec.decode(bytes, after: nil)
            } throws: {
                ($0 as? FrameError) == FrameError(reason: .malformed, offset: 11)
            }
        }
    }

    private func isRead(_ bytes: [UInt8], after earlier: Snapshot?) -> Bool {
        do {
            let snapshot = try FrameCodec.decode(bytes, after: earlier)
            // A decoded value must be complete: reading all of it must not trap.
            for index in snapshot.cgroups.indices {
                for instance in snapshot.instances(index) { _ = snapshot.rate(instance) }
                _ = snapshot[index, .memoryUsage]
                _ = snapshot.cgroups[index].parent.map { snapshot.cgroups[$0] }
            }
            return true
        } catch {
            return false
        }
    }
}
