import CgroupModel
import Testing

@testable import History

/// Damage affects only the damaged part, is reported, and never crashes the program.
@Suite struct HostileRecordingTests {
    private static let snapshots = {
        var tree = RandomTree(seed: 4)
        tree.oddities = 0
        tree.mostCgroups = 6
        return (0..<12).map { _ in tree.next() }
    }()
    /// Without the parity of the segments, as an unfinished one is.
    private static let bytes: [UInt8] = {
        let bytes = RecordingTests.record(snapshots, keyframeInterval: 4)
        var scanner = RecordScanner(MemoryBytes(all: bytes))
        var kept: [UInt8] = []
        while case .record(let kind, let payload, _) = try? scanner.next() {
            if kind != Record.Kind.parity { kept += Record.encode(kind, payload) }
        }
        return kept
    }()

    /// The offsets of the records.
    private static let offsets: [Int] = {
        var scanner = RecordScanner(MemoryBytes(all: bytes))
        var offsets: [Int] = []
        while case .record(_, _, let offset) = try? scanner.next() { offsets.append(offset) }
        return offsets
    }()

    /// The snapshots; nil for bytes that are refused as a whole.
    private static func read(_ bytes: [UInt8]) -> (snapshots: [Snapshot], notes: [RecordingNote])? {
        do { return try RecordingTests.read(bytes) } catch {
            #expect(error is RecordingError)
            return nil
        }
    }

    @Test func truncatedRecordingGivesItsCompleteRecords() throws {
        #expect(Self.offsets.count == 12 + 3)
        // Each segment begins with a header, which alone is no snapshot.
        let ends = (Self.offsets.dropFirst() + [Self.bytes.count]).enumerated()
            .filter { $0.offset % 5 != 0 }.map(\.element)
        for length in stride(from: 0, to: Self.bytes.count, by: 11) {
            let whole = ends.count { $0 <= length }
            let read = Self.read(Array(Self.bytes[..<length]))
            guard whole > 0 else {
                #expect(read == nil)
                continue
            }
            let isBoundary = Self.offsets.contains(length)
            #expect(read?.snapshots == Self.snapshots.prefix(whole).map(\.normalised))
            #expect(read?.notes.map(\.kind) == (isBoundary ? [] : [.torn]), "\(length)")
        }
    }

    @Test func damagedByteAffectsAtMostItsSegment() {
        let normal = Self.snapshots.map(\.normalised)
        for place in stride(from: 0, to: Self.bytes.count, by: 13) {
            var bytes = Self.bytes
            bytes[place] ^= 1 << UInt8(place % 8)
            guard let (read, notes) = Self.read(bytes) else {
                Issue.record("byte \(place)")
                continue
            }
            // The segments hold snapshots 0 to 3, 4 to 7, 8 to 11.
            let hit = Self.offsets.lastIndex { $0 <= place } ?? 0
            let segment = hit / 5
            let kept = max(hit % 5 - 1, 0)
            let lost = segment * 4 + kept..<segment * 4 + 4
            let expected = normal.indices.filter { !lost.contains($0) }.map { normal[$0] }
            #expect(read == expected, "byte \(place)")
            let first = notes.first
            #expect(first?.offset == Self.offsets[hit], "byte \(place): \(notes)")
            let rest = lost.count - (hit % 5 == 0 ? 0 : 1)
            if case .damaged = first?.kind {
                #expect(notes.dropFirst().map(\.kind) == (rest > 0 ? [.lost(snapshots: rest)] : []))
            } else {
                #expect(first?.kind == .torn && hit == Self.offsets.count - 1)
            }
        }
    }

    @Test func lostAndInsertedBytesDoNotCrash() {
        var random = SeededGenerator(seed: 21)
        for _ in 0..<120 {
            var bytes = Self.bytes
            let place = random.below(bytes.count)
            let end = min(place + random.below(400), bytes.count)
            if random.chance(50) {
                bytes.removeSubrange(place..<end)
            } else {
                bytes.insert(contentsOf: bytes[place..<end], at: random.below(bytes.count))
            }
            let known = Set(Self.snapshots.map(\.normalised))
            for snapshot in Self.read(bytes)?.snapshots ?? [] {
                #expect(known.contains(snapshot))
            }
        }
    }

    @Test func noiseIsRefused() {
        var random = SeededGenerator(seed: 22)
        for length in [0, 1, 3, 4, 16, 17, 18, 500, 70_000] {
            let noise = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            #expect(Self.read(noise) == nil)
            #expect(Self.read(Record.magic + noise) == nil)
        }
    }

    /// Complete records with inconsistent content.
    @Test func inconsistentPayloadsDoNotCrash() {
        var random = SeededGenerator(seed: 23)
        var scanner = RecordScanner(MemoryBytes(all: Self.bytes))
        var records: [(kind: UInt8, payload: [UInt8])] = []
        while case .record(let kind, let payload, _) = try? scanner.next() {
            records.append((kind, payload))
        }
        for round in 0..<900 {
            var copies = records
            let victim = round % copies.count
            for _ in 0...random.below(3) {
                let place = random.below(copies[victim].payload.count)
                copies[victim].payload[place] = UInt8(truncatingIfNeeded: random.next())
            }
            let read = Self.read(copies.flatMap { Record.encode($0.kind, $0.payload) })
            for snapshot in (read?.snapshots ?? []).suffix(1) {
                for index in snapshot.cgroups.indices {
                    for metric in MetricCatalog.all { _ = snapshot.rate(index, metric.id) }
                    for instance in snapshot.instances(index) { _ = snapshot.rate(instance) }
                    _ = snapshot.effectiveMemoryMax(index)
                }
            }
        }
    }

    @Test func anotherMajorVersionIsRefused() throws {
        var out = RunWriter()
        out.put(SegmentHeader.major + 1)
        out.put(text: [1, 2, 3])
        let newer = Record.encode(Record.Kind.header, out.finish())
        for bytes in [newer, Self.bytes + newer] {
            #expect(throws: RecordingError.otherVersion("memory", SegmentHeader.major + 1)) {
                try RecordingTests.read(bytes)
            }
            #expect(throws: RecordingError.otherVersion("memory", SegmentHeader.major + 1)) {
                try Recording.wholeLength(MemoryBytes(all: bytes))
            }
        }
    }

    @Test func recordsOfALaterMinorVersionAreSkipped() throws {
        let start = Self.offsets[2]
        let bytes = Self.bytes[..<start] + Record.encode(9, [1, 2, 3]) + Self.bytes[start...]
        let (read, notes) = try RecordingTests.read(Array(bytes))
        #expect(read == Self.snapshots.map(\.normalised))
        #expect(notes == [])
    }

    @Test func appendPositionIsAfterTheLastCompleteRecord() throws {
        func length(_ bytes: [UInt8]) throws -> Int {
            try Recording.wholeLength(MemoryBytes(all: bytes))
        }
        #expect(try length([]) == 0)
        #expect(try length(Self.bytes) == Self.bytes.count)
        #expect(try length(Array(Self.bytes.dropLast())) == Self.offsets.last)
        #expect(try length(Array(Self.bytes[..<5])) == 0)
        #expect(try length(Self.bytes + [UInt8](repeating: 0, count: 4000)) == Self.bytes.count)
        // Damage in the middle is left to the reader.
        var damaged = Self.bytes
        damaged[Self.offsets[2] + 5] ^= 1
        #expect(try length(damaged) == Self.bytes.count)
        #expect(throws: RecordingError.notARecording("memory")) {
            try length(Array("#!/bin/sh\necho someone else's\n".utf8))
        }
    }

    @Test func cyclicAncestorsAreRefused() {
        for parent in [0, 1] {
            var builder = RandomTree(seed: 1).first
            builder = Self.withParent(parent, builder)
            #expect(throws: FrameError.self) {
                try FrameCodec.decode(FrameCodec.encode(builder, after: nil), after: nil)
            }
        }
    }

    private static func withParent(_ parent: Int, _ snapshot: Snapshot) -> Snapshot {
        let paths = [CgroupPath("/a"), CgroupPath("/b")]
        let width = snapshot.schema.width
        let count = snapshot.schema.counterCount
        return Snapshot(
            tick: 1, wallTime: 1, tierTimes: snapshot.tierTimes, schema: snapshot.schema,
            cgroups: paths.enumerated().map { row, path in
                CgroupEntry(
                    path: path, id: CgroupID(inode: 1, generation: UInt64(row)), parent: parent,
                    controllers: [], row: RowLocation(block: 0, row: row))
            },
            blocks: [
                RowBlock(
                    values: [UInt64](repeating: 0, count: 2 * width),
                    previous: [UInt64](repeating: 0, count: 2 * count), instances: [],
                    instanceStarts: [0, 0, 0])
            ], host: snapshot.host, health: snapshot.health)
    }
}
