import CgroupModel
import TestSupport
import Testing

@testable import History

/// Thinning keeps counters exact, and the maximum and mean of each gauge.
@Suite struct ThinnerTests {
    private static let step: UInt64 = 10_000_000

    private func thin(_ samples: [Snapshot]) -> [Thinner.Kept] {
        var thinner = Thinner(period: Self.step)
        return samples.compactMap { thinner.take($0) } + [thinner.end()].compactMap { $0 }
    }

    private func read(_ kept: [Thinner.Kept]) throws -> [PastFrame] {
        var encoder = SegmentEncoder(RecordingTests.origin, keyframeInterval: 4, step: Self.step)
        let bytes = kept.flatMap { encoder.encode($0.snapshot, gauges: $0.gauges) }
        let (pieces, index) = try PastPiece.all(MemoryBytes(all: bytes))
        var past = Past(tiers: [PastTier(pieces, notes: index.notes)])
        var frames: [PastFrame] = []
        try past.frames(0...(.max)) {
            frames.append($0)
            return true
        }
        #expect(past.notes == [])
        return frames
    }

    @Test func keptSampleIsTheLastOfItsPeriodWithItsMaximumAndMean() throws {
        let samples = PastTests.samples(1..<95)
        let frames = try read(thin(samples))
        let periods = Dictionary(grouping: samples) { $0.wallTime / Self.step }
        #expect(frames.count == periods.count)
        for frame in frames {
            let all = try #require(periods[frame.snapshot.wallTime / Self.step])
            #expect(frame.snapshot.wallTime == all.last?.wallTime)
            #expect(frame.snapshot.blocks[0].values == all.last?.blocks[0].values)
            #expect(frame.samples == UInt64(all.count) && frame.step == Self.step)
            let memory = all.compactMap { $0[0, .memoryUsage].value }
            #expect(frame.peaks[0, .memoryUsage].value == memory.max())
            #expect(
                frame.means[0, .memoryUsage].value == memory.reduce(0, +) / UInt64(memory.count))
            #expect(frame.peaks[0, .cpuUsage] == frame.snapshot[0, .cpuUsage])
        }
    }

    /// A tenant can replace its cgroups in each sample.
    @Test func cgroupsThatAreGoneTakeNoRoom() throws {
        func sample(_ tick: UInt64) -> Snapshot {
            var builder = SnapshotBuilder()
            builder.tick = tick
            builder.add("/stays", generation: 1, ["memory.current": Reading(tick == 7 ? 500 : 4)])
            for number in 0..<100 as Range<UInt64> {
                builder.add(
                    "/t/\(number)", inode: 100 + tick * 100 + number,
                    generation: 100 + tick * 100 + number, ["memory.current": Reading(8)])
            }
            return builder.build()
        }
        var sums = GaugeSums(sample(1).schema)
        for tick in 1...60 as ClosedRange<UInt64> {
            sums.add(sample(tick))
            #expect(sums.slots.count <= 3 * 101 + 64)
        }
        let summary = try #require(sums.summary(of: sample(60).normalised))
        #expect(summary.peaks(of: sample(60).normalised)[0, .memoryUsage].value == 500)
        #expect(summary.means(of: sample(60).normalised)[0, .memoryUsage].value == 12)
    }

    @Test func ratesCoverThePeriodAndCountersLoseNothing() throws {
        let samples = PastTests.samples(1..<95)
        let frames = try read(thin(samples))
        var total = frames[0].snapshot[0, .cpuUsage].value ?? 0
        for (before, now) in zip(frames, frames.dropFirst()) {
            let seconds =
                Double(
                    now.snapshot.tierTimes[0].now - before.snapshot.tierTimes[0].now) / 1e9
            #expect(now.snapshot.tierTimes[0].seconds == seconds)
            total += UInt64(((now.snapshot.rate(0, .cpuUsage) ?? 0) * seconds).rounded())
        }
        #expect(total == samples.last?[0, .cpuUsage].value)
    }

    /// Whatever happens to a tree, a thinned value is one that was sampled.
    @Test(arguments: 0..<8 as Range<UInt64>) func thinnedTreeIsOneThatWas(seed: UInt64) throws {
        let samples = RecordingTests.snapshots(seed: seed, count: 60).map(\.normalised)
        let frames = try read(thin(samples))
        let known = Dictionary(grouping: samples) { $0.wallTime }
        for frame in frames {
            let snapshot = frame.snapshot
            let values = snapshot.blocks[0].values
            #expect(
                known[snapshot.wallTime]?.contains {
                    $0.cgroups == snapshot.cgroups && $0.blocks[0].values == values
                        && $0.schema == snapshot.schema
                } ?? false)
            // A peak is never below the value that was kept.
            for row in snapshot.cgroups.indices {
                for column in GaugeSummary.columns(of: snapshot.schema) {
                    let metric = snapshot.schema.columns[column]
                    guard let value = snapshot[row, metric].value else { continue }
                    #expect(frame.peaks[row, metric].value ?? 0 >= value)
                }
            }
        }
    }

    @Test func clockStepPauseAndBootEndAPeriod() {
        let even = PastTests.samples(11..<14)
        #expect(thin(even).count == 1)
        // The clock is set forward by 2 s within the period.
        let stepped = even + PastTests.samples(14..<17, shift: 2_000_000)
        #expect(thin(stepped).map { $0.gauges?.samples } == [3, 3])
        // It is set back.
        let back = even + PastTests.samples(14..<16, shift: -3_000_000)
        #expect(thin(back).map { $0.gauges?.samples } == [3, 2])
        // The clocks of another boot begin again.
        var builder = SnapshotBuilder()
        builder.tick = 1
        builder.wallShift = 13_000_000
        builder.add("/a", ["cpu.usage_usec": Reading(5), "memory.current": Reading(1)])
        let boot = thin(even + [builder.build()])
        #expect(boot.count == 2)
        #expect(boot[1].snapshot.rate(0, .cpuUsage) == nil)
    }

    @Test func recreatedCgroupHasNoRateAndRenamedOneHas() {
        func sample(
            _ tick: UInt64, _ path: String, generation: UInt64, _ usage: UInt64
        ) -> Snapshot {
            var builder = SnapshotBuilder()
            builder.tick = tick
            builder.add(
                path, inode: 40, generation: generation, ["cpu.usage_usec": Reading(usage)])
            return builder.build()
        }
        let kept = thin([
            sample(5, "/a", generation: 1, 100), sample(15, "/b", generation: 1, 300),
            sample(25, "/b", generation: 2, 900),
        ])
        #expect(kept.count == 3)
        #expect(kept[1].snapshot.rate(0, .cpuUsage) == 20)
        #expect(kept[2].snapshot.rate(0, .cpuUsage) == nil)
    }
}
