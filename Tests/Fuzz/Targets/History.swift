import CgroupModel
import Events
import TestSupport

@testable import History

extension FuzzTarget {
    static let history: [FuzzTarget] = [
        FuzzTarget("frame", seeds: { frames.map(\.frame) }) { bytes in
            // A delta frame leans on the one before; any of them may come at any place.
            for earlier in [nil, snapshots[0], snapshots[1]] {
                guard let snapshot = try? FrameCodec.decode(bytes, after: earlier) else { continue }
                try readAll(snapshot)
                let whole = FrameCodec.encode(snapshot, after: nil)
                let again = try FrameCodec.decode(whole, after: nil)
                try FuzzFailure.unless(
                    FrameCodec.encode(again, after: nil) == whole,
                    "a frame is not what it is after a copy")
            }
        },
        FuzzTarget("event", seeds: { [StoredEvent(7, event).encoded] }) { bytes in
            guard let stored = StoredEvent(decoding: bytes) else { return }
            try FuzzFailure.unless(
                StoredEvent(decoding: stored.encoded) == stored,
                "an event is not what it is after a copy")
            _ = stored.event.line(now: 0)
        },
        // A damaged record is restored as it was, or not at all.
        FuzzTarget("parity", seeds: { [unfinished.slot] }) { bytes in
            let file = Bytes(content: unfinished.bytes, beside: bytes)
            let restored = try SegmentParity.restore(unfinished.damaged, from: 0, in: file)
            try FuzzFailure.unless(
                restored == nil || restored == unfinished.record, "a record is restored wrongly")
        },
        FuzzTarget("recording", seeds: { [recording] }, recordingBytes),
        // Behind a checksum no mutation gets far, so here the checksums are always right.
        FuzzTarget("segment", seeds: { [segment] }) { bytes in
            var rest = bytes[...]
            var file: [UInt8] = []
            while rest.count > 3 {
                let length = Int(rest[rest.startIndex + 1]) | Int(rest[rest.startIndex + 2]) << 8
                let payload = Array(rest.dropFirst(3).prefix(length))
                file += Record.encode(rest[rest.startIndex], payload)
                rest = rest.dropFirst(3 + payload.count)
            }
            try recordingBytes(file)
        },
    ]

    private static let event = Event(
        .oomKill, EventTime(wall: 1, boot: 2),
        EventCgroup(CgroupPath("/a/b"), CgroupID(inode: 3, generation: 4)),
        [.pid: .number(4711), .comm: .bytes([0x70, 0xff]), .limitOwner: .path(CgroupPath("/a"))])

    private struct Bytes: RecordingBytes {
        let content: [UInt8]
        var beside: [UInt8]?
        var name: String { "f" }
        var sidecar: (any RecordingBytes)? { beside.map { Bytes(content: $0) } }
        var byteCount: Int { content.count }
        func bytes(_ range: Range<Int>) -> [UInt8] { Array(content[range]) }
    }

    private static func recordingBytes(_ bytes: [UInt8]) throws {
        let file = Bytes(content: bytes)
        let whole = (try? Recording.wholeLength(file)) ?? 0
        try FuzzFailure.unless(whole <= bytes.count, "longer than it is")
        guard let recording = try? Recording([file]) else { return }
        var cursor = RecordingCursor(recording)
        var count = 0
        while let snapshot = try cursor.next() {
            try readAll(snapshot)
            count += 1
        }
        try FuzzFailure.unless(count <= recording.count, "more snapshots than it says")
        for note in recording.notes + cursor.notes { try checkMessage("\(note)") }
    }

    /// A decoded value must be complete: reading all of it must not trap.
    private static func readAll(_ snapshot: Snapshot) throws {
        for index in snapshot.cgroups.indices {
            for instance in snapshot.instances(index) { _ = snapshot.rate(instance) }
            for column in snapshot.schema.columns { _ = snapshot[index, column] }
            _ = snapshot.rate(index, .cpuUsage)
            _ = snapshot.effectiveMemoryMax(index)
            let parent = snapshot.cgroups[index].parent
            try FuzzFailure.unless(parent.map { $0 < index } ?? true, "a child above its parent")
        }
    }

    private static let snapshots: [Snapshot] = (1...2).map { tick in
        var builder = SnapshotBuilder()
        builder.tick = UInt64(tick)
        builder.add("/", ["cpu.usage_usec": Reading(UInt64(tick) * 1000)])
        builder.instance("io.rbytes", InstanceKey(major: 254, minor: 0), UInt64(tick) * 512)
        builder.add(
            "/a",
            ["memory.current": Reading(4096), "memory.max": .unlimited, "pids.current": .gone])
        if tick == 2 { builder.add("/a/b", ["memory.current": Reading(1 << 40)]) }
        return builder.build()
    }

    private static let frames: [(frame: [UInt8], earlier: Snapshot?)] = [
        (FrameCodec.encode(snapshots[0], after: nil), nil),
        (FrameCodec.encode(snapshots[1], after: snapshots[0]), snapshots[0]),
        (FrameCodec.encode(snapshots[0], after: snapshots[1]), snapshots[1]),
    ]

    private static let origin = RecordingOrigin(
        bootID: "b", kernelRelease: "6.1", pageSize: 4096, runStart: 1,
        machine: RecordedMachine(
            hasUnified: true, legacy: [.memory], cpus: [CPUTopology.CPU(id: 0, core: 0, node: 0)],
            disks: [RecordedMachine.Disk(name: "vda", number: InstanceKey(major: 254, minor: 0))]))

    private static let recording: [UInt8] = {
        var encoder = SegmentEncoder(origin, keyframeInterval: 2)
        return (snapshots + snapshots).flatMap { encoder.encode($0) }
    }()

    /// An unfinished segment with a damaged record, that record as it was, and the parity.
    private static let unfinished:
        (bytes: [UInt8], damaged: Range<Int>, record: [UInt8], slot: [UInt8]) = {
            var encoder = SegmentEncoder(origin)
            var bytes = encoder.encode(snapshots[0])
            let start = bytes.count
            let record = encoder.encode(snapshots[1])
            bytes += record
            var slot: [UInt8] = []
            OpenParity.encode(encoder.segment, end: bytes.count, to: &slot)
            bytes[start + Record.headLength] ^= 1
            return (bytes, start..<bytes.count, record, slot)
        }()

    /// The records of ``recording``: kind, length in 16 bits, payload.
    private static let segment: [UInt8] = {
        var scanner = RecordScanner(Bytes(content: recording))
        var result: [UInt8] = []
        while case .record(let kind, let payload, _) = try? scanner.next() {
            result += [kind, UInt8(payload.count & 0xff), UInt8(payload.count >> 8)] + payload
        }
        return result
    }()
}
