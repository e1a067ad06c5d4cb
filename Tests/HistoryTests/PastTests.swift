import CgroupModel
import TestSupport
import Testing

@testable import History

/// The past is found by time, in the finest tier that has it.
@Suite struct PastTests {
    /// A file in memory with some name.
    private static func file(_ bytes: [UInt8]) -> MemoryBytes { MemoryBytes(all: bytes) }

    /// The tiers as the daemon writes them, from the same samples.
    static func past(
        _ samples: [Snapshot], steps: [UInt64] = [0, 10_000_000], origin: RecordingOrigin
    ) throws -> Past {
        Past(
            tiers: try steps.map { step in
                let (pieces, index) = try PastPiece.all(file(tier(samples, step, origin)))
                return PastTier(pieces, notes: index.notes)
            })
    }

    static func tier(
        _ samples: [Snapshot], _ step: UInt64, _ origin: RecordingOrigin
    ) -> [UInt8] {
        var encoder = SegmentEncoder(origin, keyframeInterval: 5, step: step)
        guard step > 0 else { return samples.flatMap { encoder.encode($0) } }
        var thinner = Thinner(period: step)
        var bytes: [UInt8] = []
        for sample in samples {
            if let kept = thinner.take(sample) {
                bytes += encoder.encode(kept.snapshot, gauges: kept.gauges)
            }
        }
        if let kept = thinner.end() {
            bytes += encoder.encode(kept.snapshot, gauges: kept.gauges)
        }
        return bytes
    }

    /// Samples a second apart; the counter of `/a` rises by the tick.
    static func samples(_ ticks: Range<UInt64>, shift: Int64 = 0) -> [Snapshot] {
        ticks.map { tick in
            var builder = SnapshotBuilder()
            builder.tick = tick
            builder.wallShift = shift
            builder.add(
                "/a",
                ["cpu.usage_usec": Reading(tick * tick), "memory.current": Reading(tick % 7)],
                before: ["cpu.usage_usec": Reading((tick - 1) * (tick - 1))])
            return builder.build()
        }
    }

    private static let origin = RecordingTests.origin

    @Test func eachTimeGivesTheNewestSnapshotBeforeIt() throws {
        let samples = Self.samples(1..<100)
        // The fine tier has only the end.
        var past = Past(
            tiers: try [(UInt64(0), Array(samples.suffix(30))), (10_000_000, samples)].map {
                let (pieces, index) = try PastPiece.all(
                    Self.file(Self.tier($1, $0, Self.origin)))
                return PastTier(pieces, notes: index.notes)
            })
        let first = samples[0].wallTime
        #expect(past.span?.upperBound == samples[98].wallTime)
        #expect(try past.snapshot(at: first - 1) == nil)
        for sample in samples.suffix(30).reversed() {
            #expect(try past.snapshot(at: sample.wallTime) == sample.normalised)
            #expect(try past.snapshot(at: sample.wallTime + 999_999) == sample.normalised)
            #expect(past.current?.step == 0 && past.current?.origin == Self.origin)
        }
        let old = try #require(try past.snapshot(at: samples[45].wallTime))
        #expect(old.wallTime <= samples[45].wallTime)
        #expect(old.wallTime + 10_000_000 > samples[45].wallTime)
        #expect(past.current?.step == 10_000_000)
        #expect(try past.snapshot(at: .max) == samples[98].normalised)
    }

    @Test func stepsCountEachSnapshotOnceOverAllTiers() throws {
        let samples = Self.samples(1..<100)
        var past = Past(
            tiers: try [(UInt64(0), Array(samples.suffix(30))), (10_000_000, samples)].map {
                let (pieces, index) = try PastPiece.all(
                    Self.file(Self.tier($1, $0, Self.origin)))
                return PastTier(pieces, notes: index.notes)
            })
        var all: [UInt64] = []
        while let before = try past.step(-1) { all.append(before.wallTime) }
        #expect(Set(all).count == all.count && all == all.sorted().reversed())
        #expect(all.prefix(30) == samples.suffix(30).map(\.wallTime).reversed()[...])
        #expect((35...40).contains(all.count))
        #expect(try past.step(-1) == nil)
        // The position stayed at the oldest one.
        #expect(try past.step(0)?.wallTime == all.last)
        var again: [UInt64] = [all.last ?? 0]
        while let next = try past.step(1) { again.append(next.wallTime) }
        #expect(again == all.reversed())
        #expect(try past.step(-3)?.wallTime == all[3])
        var range: [UInt64] = []
        try past.samples(all[20]...all[5], step: nil) {
            range.append($0.wallTime)
            return range.count < 10
        }
        #expect(range == all[11...20].reversed())
    }

    @Test func rangeWithAStepHasTheRatesOfTheWholeStep() throws {
        let samples = Self.samples(1..<100)
        var past = try Self.past(samples, origin: Self.origin)
        let step: UInt64 = 20_000_000
        var read: [Snapshot] = []
        let span = try #require(past.span)
        try past.samples(span, step: step) {
            read.append($0)
            return true
        }
        #expect(read.count == Set(samples.map { $0.wallTime / step }).count)
        for (before, now) in zip(read, read.dropFirst()) {
            #expect(now.wallTime / step == before.wallTime / step + 1)
            let growth = Double(
                (now[0, .cpuUsage].value ?? 0) - (before[0, .cpuUsage].value ?? 0))
            let seconds = Double(now.tierTimes[0].now - before.tierTimes[0].now) / 1e9
            #expect(now.rate(0, .cpuUsage) == growth / seconds)
        }
    }

    /// The hour between 14:00 and 13:00 exists twice, and each pass is read in its order.
    @Test func clockSetBackKeepsTheOrderOfRecording() throws {
        let first = Self.samples(100..<160)
        let second = Self.samples(160..<200, shift: -50_000_000)
        var past = try Self.past(first + second, origin: Self.origin)
        var read: [Snapshot] = []
        try past.samples(0...(.max), step: nil) {
            read.append($0)
            return true
        }
        #expect(read == (first + second).map(\.normalised))
        var back: [UInt64] = []
        while let before = try past.step(-1) { back.append(before.tick) }
        #expect(back == (100..<200).reversed())
        // The newest before a time, whichever pass it is from.
        let last = try #require(first.last)
        #expect(try past.snapshot(at: last.wallTime)?.tick == last.tick)
        #expect(try past.snapshot(at: second[39].wallTime)?.tick == 199)
    }

    /// A flipped bit costs at most the rest of its segment, and no value is ever wrong.
    @Test func flippedBitIsNeverAWrongValue() throws {
        let samples = Self.samples(1..<40)
        let bytes = Self.tier(samples, 0, Self.origin)
        let thin = Self.tier(samples, 10_000_000, Self.origin)
        let known = Dictionary(uniqueKeysWithValues: samples.map { ($0.wallTime, $0.normalised) })
        var noise = SeededNoise(seed: 7)
        for _ in 0..<120 {
            var damaged = bytes
            let place = Int.random(in: damaged.indices, using: &noise)
            damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &noise)
            let (pieces, index) = try PastPiece.all(Self.file(damaged))
            var past = Past(tiers: [PastTier(pieces, notes: index.notes)])
            var read: [Snapshot] = []
            try past.samples(0...(.max), step: nil) {
                read.append($0)
                return true
            }
            #expect(read.allSatisfy { known[$0.wallTime] == $0 }, "byte \(place)")
            #expect(read.count >= samples.count - 5, "byte \(place)")
            #expect(read.count == samples.count || !past.notes.isEmpty, "byte \(place)")
        }
        for _ in 0..<60 {
            var damaged = thin
            let place = Int.random(in: damaged.indices, using: &noise)
            damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &noise)
            let (pieces, index) = try PastPiece.all(Self.file(damaged))
            var past = Past(tiers: [PastTier(pieces, notes: index.notes)])
            try past.frames(0...(.max)) { frame in
                let sample = known[frame.snapshot.wallTime]
                #expect(sample?.blocks[0].values == frame.snapshot.blocks[0].values)
                return true
            }
        }
    }

    /// Whichever record of a finished segment is damaged, in its head or its payload, nothing is
    /// lost: the parity restores it.
    @Test(arguments: [UInt64(0), 10_000_000]) func oneDamagedRecordIsRestored(step: UInt64) throws {
        let samples = Self.samples(1..<(step == 0 ? 18 : 170))
        var bytes = Self.tier(samples, step, Self.origin)
        // The last segment is finished by its parity.
        let last = try #require(Self.records(bytes).last { $0.kind == Record.Kind.header })
        var parity = SegmentParity()
        for record in Self.records(bytes) where record.range.lowerBound >= last.range.lowerBound {
            parity.add(Array(bytes[record.range]))
        }
        bytes += Record.encode(Record.Kind.parity, parity.bytes)
        func read(_ bytes: [UInt8]) throws -> ([PastFrame], [RecordingNote]) {
            let (pieces, index) = try PastPiece.all(Self.file(bytes))
            var past = Past(tiers: [PastTier(pieces, notes: index.notes)])
            var frames: [PastFrame] = []
            try past.frames(0...(.max)) {
                frames.append($0)
                return true
            }
            return (frames, past.notes)
        }
        let (whole, none) = try read(bytes)
        #expect(whole.count == 17 && none == [])
        let records = Self.records(bytes)
        #expect(records.filter { $0.kind == Record.Kind.parity }.count == 4)
        for (kind, range) in records {
            for place in [
                range.lowerBound + 1, range.lowerBound + 6, range.lowerBound + 12,
                range.lowerBound + Record.headLength, (range.lowerBound + range.upperBound) / 2,
                range.upperBound - 1,
            ] {
                var damaged = bytes
                damaged[place] ^= 0x10
                let (found, notes) = try read(damaged)
                // Without their texts, which would be long.
                let isSame =
                    found.map(\.snapshot) == whole.map(\.snapshot)
                    && found.map(\.peaks) == whole.map(\.peaks)
                    && found.map(\.samples) == whole.map(\.samples)
                #expect(isSame, "byte \(place): \(found.count) \(notes)")
                guard kind != Record.Kind.parity else { continue }
                #expect(
                    notes.map(\.kind) == [.restored(end: range.upperBound)], "byte \(place)")
            }
        }
        // Two damaged records of a segment are too many; nothing is wrong, and others stay.
        var damaged = bytes
        damaged[records[1].range.lowerBound + 20] ^= 1
        damaged[records[2].range.lowerBound + 20] ^= 1
        let (found, notes) = try read(damaged)
        let others = whole.dropFirst(5).map(\.snapshot)
        #expect(found.count == others.count && found.map(\.snapshot) == others)
        #expect(!notes.isEmpty)
    }

    private static func records(_ bytes: [UInt8]) -> [(kind: UInt8, range: Range<Int>)] {
        var scanner = RecordScanner(file(bytes))
        var found: [(kind: UInt8, range: Range<Int>)] = []
        while case .record(let kind, _, let offset)? = try? scanner.next() {
            found.append((kind, offset..<scanner.offset))
        }
        return found
    }

    @Test func truncationCostsOneSnapshot() throws {
        let samples = Self.samples(1..<12)
        let bytes = Self.tier(samples, 0, Self.origin)
        var ends: [Int] = []
        var scanner = RecordScanner(Self.file(bytes))
        while let item = try scanner.next() {
            if case .record(Record.Kind.frame, _, _) = item { ends.append(scanner.offset) }
        }
        // Around each record, and some bytes within.
        let near = ends.flatMap { [$0 - 1, $0, $0 + 1, $0 + Record.headLength] }
        let lengths = Set(near + stride(from: 0, through: bytes.count, by: 97))
        for length in lengths.sorted() where length <= bytes.count {
            let file = Self.file(Array(bytes[..<length]))
            let whole = ends.count { $0 <= length }
            let (pieces, index) = try PastPiece.all(file)
            var past = Past(tiers: [PastTier(pieces, notes: index.notes)])
            var count = 0
            try past.samples(0...(.max), step: nil) {
                #expect($0 == samples[count].normalised)
                count += 1
                return true
            }
            #expect(count == whole, "\(length) bytes")
            let end = try RecordingEnd(file)
            #expect(end.length <= length && (ends.last { $0 <= length } ?? 0) <= end.length)
            #expect(end.times?.upperBound == (whole > 0 ? samples[whole - 1].wallTime : nil))
        }
    }
}
