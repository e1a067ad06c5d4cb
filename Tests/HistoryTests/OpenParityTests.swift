import CgroupModel
import Foundation
import KernelIO
import TestSupport
import Testing

@testable import History

/// A damaged record of the unfinished segment is restored, as in a finished one.
@Suite struct OpenParityTests {
    private let folder: ScratchFolder
    private var path: String { folder.path("fine") }
    private var sidecarPath: String { RecordingFile.sidecar(of: path) }

    init() throws { folder = try ScratchFolder() }

    private func tier(_ name: String = "fine", step: UInt64 = 0, run: UInt64 = 7) throws
        -> HistoryTier
    {
        var origin = RecordingTests.origin
        origin.runStart = run
        return try HistoryTier(
            folder.path(name), step: step, PartBounds(), origin, AppendedFile.Readers(group: nil))
    }

    private func take(_ samples: [Snapshot], _ tier: HistoryTier) throws {
        for sample in samples { try tier.take(sample, [], isSetBack: false) }
    }

    /// The files as they are now.
    private func files() throws -> MemoryBytes {
        MemoryBytes(
            all: [UInt8](try Data(contentsOf: URL(filePath: path))),
            beside: [UInt8](try Data(contentsOf: URL(filePath: sidecarPath))))
    }

    private func read(_ file: MemoryBytes) throws -> (frames: [PastFrame], notes: [RecordingNote]) {
        let (pieces, index) = try PastPiece.all(file)
        var past = Past(tiers: [PastTier(pieces, notes: index.notes)])
        var frames: [PastFrame] = []
        try past.frames(0...(.max)) {
            frames.append($0)
            return true
        }
        return (frames, past.notes)
    }

    private func isSame(_ one: some Collection<PastFrame>, _ other: some Collection<PastFrame>)
        -> Bool
    {
        one.map(\.snapshot) == other.map(\.snapshot) && one.map(\.peaks) == other.map(\.peaks)
            && one.map(\.samples) == other.map(\.samples)
    }

    private static func records(_ file: MemoryBytes) -> [(kind: UInt8, range: Range<Int>)] {
        var scanner = RecordScanner(file)
        var found: [(kind: UInt8, range: Range<Int>)] = []
        while case .record(let kind, _, let offset)? = try? scanner.next() {
            found.append((kind, offset..<scanner.offset))
        }
        return found
    }

    /// Places in the head and in the payload of a record.
    private static func places(_ record: Range<Int>) -> [Int] {
        [
            record.lowerBound + 1, record.lowerBound + 6, record.lowerBound + 12,
            record.lowerBound + Record.headLength, (record.lowerBound + record.upperBound) / 2,
            record.upperBound - 1,
        ]
    }

    @Test(arguments: [UInt64(0), 10_000_000])
    func damagedRecordOfAnUnfinishedSegmentIsRestored(step: UInt64) throws {
        let writer = try tier(step: step)
        try take(PastTests.samples(1..<(step == 0 ? 18 : 170)), writer)
        let now = try files()
        let (whole, none) = try read(now)
        #expect(whole.count >= 16 && none == [])
        let records = Self.records(now)
        #expect(!records.contains { $0.kind == Record.Kind.parity })
        for (_, range) in records {
            for place in Self.places(range) {
                var damaged = now
                damaged.all[place] ^= 0x10
                let (found, notes) = try read(damaged)
                let isRestored = isSame(found, whole)
                #expect(isRestored, "byte \(place): \(found.count) \(notes)")
                #expect(
                    notes.map(\.kind) == [.restored(end: range.upperBound)], "byte \(place)")
            }
        }
        // A copy without the file beside it is read as before.
        var copy = now
        copy.beside = nil
        copy.all[records[3].range.lowerBound + Record.headLength] ^= 1
        let (left, notes) = try read(copy)
        let isPrefix = isSame(left, whole.prefix(left.count))
        #expect(isPrefix && left.count < whole.count && !notes.isEmpty)
        // Two damaged records are too many; nothing is wrong.
        var twice = now
        for record in records[2...3] { twice.all[record.range.lowerBound + 20] ^= 1 }
        let (rest, _) = try read(twice)
        // Without the damaged maxima.
        let isRest = rest.map(\.snapshot) == whole.prefix(rest.count).map(\.snapshot)
        #expect(isRest && rest.count < whole.count)
    }

    /// As after kill -9 between the record and its parity.
    @Test func parityWithoutTheLastSampleRestoresTheOthers() throws {
        let samples = PastTests.samples(1..<13)
        let writer = try tier()
        try take(Array(samples.dropLast()), writer)
        let before = try files().beside
        try take(Array(samples.suffix(1)), writer)
        var now = try files()
        now.beside = before
        let (whole, _) = try read(now)
        #expect(whole.count == 12)
        let records = Self.records(now)
        for (_, range) in records {
            let isLast = range.upperBound == now.byteCount
            for place in Self.places(range) {
                var damaged = now
                damaged.all[place] ^= 0x10
                let (found, notes) = try read(damaged)
                let isRight = isSame(found, whole.prefix(isLast ? 11 : 12))
                #expect(isRight, "byte \(place): \(found.count) \(notes)")
            }
        }
    }

    @Test func tornRecordLeavesTheParityOfTheOthers() throws {
        let writer = try tier()
        try take(PastTests.samples(1..<13), writer)
        let now = try files()
        let (whole, _) = try read(now)
        let records = Self.records(now)
        let last = try #require(records.last).range
        for length in [1, 10, Record.headLength + 3, last.count - 1] {
            for (_, range) in records.dropLast() {
                var damaged = now
                damaged.all = Array(now.all[..<(last.lowerBound + length)])
                damaged.all[range.lowerBound + Record.headLength] ^= 1
                let (found, notes) = try read(damaged)
                let isRestored = isSame(found, whole.dropLast())
                #expect(isRestored, "\(length) bytes, \(range): \(notes)")
                #expect(
                    Set(notes.map(\.kind)) == [.torn, .restored(end: range.upperBound)],
                    "\(length) bytes, \(range)")
            }
        }
    }

    /// The other slot restores the record.
    @Test func damagedSlotLosesNothing() throws {
        let writer = try tier()
        try take(PastTests.samples(1..<13), writer)
        var now = try files()
        let (whole, _) = try read(now)
        let size = try #require(now.beside).count
        let places = [0, 5, 13, 20, 26, 30, 35] + Array(stride(from: 36, to: size, by: 61))
        for place in places {
            var damaged = now
            damaged.beside?[place] ^= 1 << UInt8(place % 8)
            let (all, none) = try read(damaged)
            let isWhole = isSame(all, whole)
            #expect(isWhole && none == [])
            damaged.all[Self.records(now)[5].range.lowerBound + Record.headLength] ^= 1
            let (found, notes) = try read(damaged)
            let isRestored = isSame(found, whole)
            #expect(isRestored, "byte \(place): \(notes)")
        }
        // Without a whole slot, the rest of the segment is lost, as without the file.
        now.all[Self.records(now)[5].range.lowerBound + Record.headLength] ^= 1
        for length in [0, 3, 35, 36, 200] {
            var cut = now
            cut.beside = cut.beside.map { Array($0[..<length]) }
            let (found, _) = try read(cut)
            let isPrefix = isSame(found, whole.prefix(4))
            #expect(isPrefix, "\(length) bytes")
        }
    }

    @Test func parityOfAnotherSegmentIsNotUsed() throws {
        try take(PastTests.samples(1..<8), tier(run: 7))
        let stale = try files().beside
        for file in [path, sidecarPath] { try FileManager.default.removeItem(atPath: file) }
        try take(PastTests.samples(101..<108), tier(run: 8))
        var now = try files()
        #expect(OpenParity.slots(of: now, from: 0).count == 2)
        let (whole, _) = try read(now)
        now.beside = stale
        #expect(OpenParity.slots(of: now, from: 0).isEmpty)
        var without = now
        without.beside = nil
        for (_, range) in Self.records(now) {
            for place in Self.places(range) {
                var damaged = now
                damaged.all[place] ^= 0x10
                without.all = damaged.all
                let (found, _) = try read(damaged)
                let (expected, _) = try read(without)
                let isRight = isSame(found, expected) && isSame(found, whole.prefix(found.count))
                #expect(isRight, "byte \(place)")
            }
        }
    }

    @Test func slotsGrowWithTheRecords() throws {
        var noise = SeededNoise(seed: 5)
        let writer = try tier()
        for tick in 1..<10 as Range<UInt64> {
            var builder = SnapshotBuilder()
            builder.tick = tick
            for _ in 0..<2 << tick {
                builder.add("/\(noise.next())", ["memory.current": Reading(noise.next() >> 20)])
            }
            try take([builder.build()], writer)
            let file = try RecordingFile(path)
            let ends = OpenParity.slots(of: file, from: 0).map(\.end)
            #expect(ends.max() == file.byteCount, "tick \(tick)")
        }
        #expect(AppendedFile.size(of: sidecarPath) > 16384)
        let now = try files()
        let (whole, _) = try read(now)
        #expect(whole.count == 9)
        for (_, range) in Self.records(now) {
            var damaged = now
            damaged.all[range.upperBound - 1] ^= 1
            let (found, notes) = try read(damaged)
            let isRestored = isSame(found, whole)
            #expect(isRestored, "\(range): \(notes)")
        }
    }

    /// The next writer finishes the segment, even if the last sample is not in the parity.
    @Test(arguments: [false, true])
    func segmentOfAKilledWriterIsFinished(isBehind: Bool) throws {
        let samples = PastTests.samples(1..<11)
        let killed = try tier()
        try take(Array(samples.dropLast()), killed)
        let before = try Data(contentsOf: URL(filePath: sidecarPath))
        try take(Array(samples.suffix(1)), killed)
        if isBehind { try before.write(to: URL(filePath: sidecarPath)) }
        try take(PastTests.samples(40..<45), tier(run: 8))
        var now = try files()
        now.beside = nil
        let (whole, none) = try read(now)
        #expect(whole.count == 15 && none == [])
        let records = Self.records(now)
        let kinds = records.map(\.kind)
        #expect(kinds.firstIndex(of: Record.Kind.parity) == 11)
        for (_, range) in records.prefix(11) {
            for place in Self.places(range) {
                var damaged = now
                damaged.all[place] ^= 0x10
                let (found, notes) = try read(damaged)
                let isRestored = isSame(found, whole)
                #expect(isRestored, "byte \(place): \(found.count) \(notes)")
            }
        }
    }

    /// A reader keeps a file open while the writer continues.
    @Test func damageIsRestoredAfterTheFileHasGrown() throws {
        let writer = try tier()
        try take(PastTests.samples(1..<11), writer)
        let place = Self.records(try files())[4].range.lowerBound + Record.headLength
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        try file.seek(toOffset: UInt64(place))
        let byte = try #require(try file.read(upToCount: 1)?.first)
        try file.seek(toOffset: UInt64(place))
        try file.write(contentsOf: Data([byte ^ 1]))
        try file.close()
        var past = try Past(path)
        try take(PastTests.samples(11..<20), writer)
        var read: [Snapshot] = []
        try past.samples(0...(.max), step: nil) {
            read.append($0)
            return true
        }
        #expect(read == PastTests.samples(1..<11).map(\.normalised))
        #expect(past.notes.count == 1)
    }

    /// Its failures cost only the parity, and the next segment tries again.
    @Test func unusableSidecarDoesNotStopTheRecording() throws {
        try folder.makeFolder("fine.parity")
        let writer = try tier()
        try take(PastTests.samples(1..<30), writer)
        #expect(AppendedFile.size(of: path) > 0)
        try FileManager.default.removeItem(atPath: sidecarPath)
        try take(PastTests.samples(30..<62), writer)
        let now = try files()
        let start = try #require(Self.records(now).last { $0.kind == Record.Kind.header })
        #expect(OpenParity.slots(of: now, from: start.range.lowerBound).count == 1)
        #expect(folder.mode("fine.parity") == 0o640)
        let (whole, none) = try read(now)
        #expect(whole.count == 61 && none == [])
        // A link is not followed.
        try folder.write("victim", "kept")
        try folder.link("medium.parity", to: "victim")
        try take(PastTests.samples(1..<5), tier("medium"))
        #expect(folder.text("victim") == "kept")
        #expect(AppendedFile.size(of: folder.path("medium")) > 0)
    }

    @Test func sizeBoundIncludesTheSidecar() throws {
        func kept(_ sidecar: UInt64) throws -> UInt64 {
            let name = folder.path("bound\(sidecar)")
            var file = try PartedFile(name, PartBounds(bytes: 16_000))
            file.sidecarBytes = sidecar
            for time in 1..<100 as Range<UInt64> {
                try file.makeRoom(at: time)
                try file.append([UInt8](repeating: 1, count: 500), at: time)
            }
            return try PartedFile.parts(of: name).reduce(0) { $0 + AppendedFile.size(of: $1.path) }
        }
        let alone = try kept(0)
        let beside = try kept(6000)
        #expect(alone > 10_000 && alone <= 14_000, "\(alone)")
        #expect(beside > 4000 && beside <= 8000, "\(beside)")
    }
}
