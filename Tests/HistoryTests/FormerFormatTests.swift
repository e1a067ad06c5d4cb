import CgroupModel
import Testing

@testable import History

/// Recordings of format 1 are still read.
@Suite struct FormerFormatTests {
    @Test(arguments: 0..<20 as Range<UInt64>) func formerFramesAreRead(seed: UInt64) throws {
        var tree = RandomTree(seed: seed)
        var original: Snapshot?
        var decoded: Snapshot?
        for step in 0..<40 {
            let next = tree.next()
            let frame = FrameEncoder.encodeByRow(next, after: step % 15 == 0 ? nil : original)
            decoded = try FrameCodec.decode(frame, after: decoded)
            #expect(decoded == next.normalised, "seed \(seed), step \(step)")
            original = next
        }
    }

    @Test func formerRecordingIsRead() throws {
        var tree = RandomTree(seed: 4)
        tree.oddities = 0
        let snapshots = (0..<6).map { _ in tree.next() }
        var scanner = RecordScanner(
            MemoryBytes(all: RecordingTests.record(snapshots, keyframeInterval: 3)))
        var bytes: [UInt8] = []
        var taken = 0
        while case .record(let kind, let payload, _) = try scanner.next() {
            switch kind {
            case Record.Kind.header:
                #expect(payload.starts(with: [2, 0, 0]))
                bytes += Record.encode(kind, [1, 2] + payload.dropFirst(3))
            case Record.Kind.frame:
                var record = try FrameRecord(decoding: payload, after: 0)
                let isKeyframe = FrameCodec.isKeyframe(record.frame)
                record.frame = FrameEncoder.encodeByRow(
                    snapshots[taken], after: isKeyframe ? nil : snapshots[taken - 1])
                bytes += Record.encode(kind, record.encode())
                taken += 1
            default: break
            }
        }
        let (read, notes) = try RecordingTests.read(bytes)
        #expect(read == snapshots.map(\.normalised))
        #expect(notes == [])
    }

    @Test func formerSummaryIsRead() throws {
        var tree = RandomTree(seed: 9)
        let snapshot = tree.next().normalised
        let columns = GaugeSummary.columns(of: snapshot.schema)
        var out = RunWriter()
        out.put(7)
        out.put(UInt64(columns.count))
        var before = 0
        for column in columns {
            out.put(UInt64(column - before))
            before = column
        }
        let width = snapshot.schema.width
        let own = snapshot.cgroups.indices.flatMap { row in
            columns.map { snapshot.blocks[0].values[row * width + $0] }
        }
        for extra: UInt64 in [5, 2] {
            for value in own { out.put(value &+ extra, from: value) }
        }
        let summary = try GaugeSummary(decoding: out.finish(), for: snapshot)
        #expect(summary.samples == 7)
        #expect(summary.maxima == own.map { $0 &+ 5 })
        #expect(summary.means == own.map { $0 &+ 2 })
    }
}
