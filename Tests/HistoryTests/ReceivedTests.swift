import CgroupModel
import TestSupport
import Testing

@testable import History

/// What another host sends is one snapshot of a bounded size, or refused.
@Suite struct ReceivedTests {
    private static let snapshots = RecordingTests.snapshots(seed: 6, count: 2)

    private func received(_ bytes: [UInt8]) throws -> Snapshot {
        try Past.received(bytes, from: "node7")
    }

    @Test func oneSnapshotIsDecoded() throws {
        let bytes = RecordingTests.record([Self.snapshots[0]])
        #expect(try received(bytes) == Self.snapshots[0].normalised)
    }

    @Test func anythingElseIsRefused() {
        let one = RecordingTests.record([Self.snapshots[0]])
        let two = RecordingTests.record(Self.snapshots)
        let wrong: [[UInt8]] = [
            [], two, one + one, one + [7], Array(one.dropLast()), Array("<p>".utf8),
        ]
        for bytes in wrong {
            #expect(throws: RecordingError.notARecording("node7")) { try received(bytes) }
        }
        let header = SegmentHeader(
            origin: RecordingTests.origin, wallTime: 1, monotonicTime: 1)
        let bytes = Record.encode(Record.Kind.header, header.encode())
        #expect(throws: RecordingError.empty("node7")) { try received(bytes) }
    }

    @Test func longNamesInALegendAreRefused() throws {
        func decode(_ length: Int) throws {
            let row = FrameLegend.Row(name: String(repeating: "a", count: length), tier: 0)
            let header = SegmentHeader(
                origin: RecordingTests.origin, wallTime: 1, monotonicTime: 1,
                legend: FrameLegend(rows: [row, row], controllers: []))
            _ = try SegmentHeader.decode(header.encode())
        }
        try decode(255)
        #expect {
            try decode(256)
        } throws: {
            ($0 as? FrameError)?.reason == .malformed
        }
    }

    @Test func longPathsAreRefused() throws {
        func decode(_ length: Int) throws {
            var builder = SnapshotBuilder()
            builder.add("/" + String(repeating: "a", count: length - 1))
            builder.add("/" + String(repeating: "a", count: length - 3) + "/b")
            let frame = FrameCodec.encode(builder.build(), after: nil)
            _ = try FrameCodec.decode(frame, after: nil)
        }
        try decode(8192)
        #expect {
            try decode(8193)
        } throws: {
            ($0 as? FrameError)?.reason == .malformed
        }
    }

    @Test func framesBeyondTheLimitsAreRefused() throws {
        var builder = SnapshotBuilder()
        builder.add("/twelve-bytes", ["memory.current": Reading(1), "pids.current": Reading(2)])
        builder.add("/twelve-bytes/b", ["memory.current": Reading(1)])
        let frame = FrameCodec.encode(builder.build(), after: nil)
        func decode(_ values: Int) throws {
            let limits = FrameCodec.Limits(values: values)
            _ = try FrameCodec.decode(frame, after: nil, .own, limits: limits)
        }
        try decode(4)
        #expect {
            try decode(3)
        } throws: {
            ($0 as? FrameError)?.reason == .tooLarge
        }
    }

    @Test func pathsTogetherAreLimited() throws {
        var builder = SnapshotBuilder()
        for name in ["/a", "/b"] { builder.add(name + "-seventeen-bytes") }
        let frame = FrameCodec.encode(builder.build(), after: nil)
        #expect {
            try FrameCodec.decode(frame, after: nil, .own, limits: FrameCodec.Limits(values: 2))
        } throws: {
            ($0 as? FrameError)?.reason == .tooLarge
        }
        _ = try FrameCodec.decode(frame, after: nil)
    }
}
