import CgroupModel
import Testing
import TestSupport

@testable import Suggest

/// Quantiles in bounded space, and values as a person writes them.
@Suite struct DistributionTests {
    @Test func quantilesAreAtMostOneStepTooHigh() {
        var chance = SeededNoise(seed: 7)
        for scale in [10, 1000, 1 << 20, 1 << 40] as [UInt64] {
            let values = (0..<2000).map { _ in UInt64.random(in: 0...scale, using: &chance) }
            var distribution = Distribution()
            for value in values { distribution.add(value, for: 1) }
            let sorted = values.sorted()
            for share in [0.5, 0.95, 0.99, 1] {
                let exact = sorted[max(Int((2000 * share).rounded(.up)) - 1, 0)]
                let found = distribution.quantile(share)
                #expect(found >= exact, "\(scale) \(share)")
                #expect(found <= exact + exact / 32 + 1, "\(scale) \(share)")
            }
        }
    }

    @Test func longLevelsWeighMore() {
        var distribution = Distribution()
        distribution.add(10, for: 990)
        distribution.add(1000, for: 10)
        distribution.add(.max, for: 0)
        #expect(distribution.quantile(0.95) == 10 && distribution.quantile(0.995) < 1032)
        #expect(distribution.highest == .max && distribution.time == 1000)
    }

    @Test func emptyDistributionHasNoLevels() {
        #expect(Distribution().quantile(0.99) == 0)
    }

    @Test func riseIsSeenOnlyWithoutADailyReturn() {
        let day: UInt64 = 86_400_000_000
        func growth(_ level: (UInt64) -> UInt64) -> UInt64? {
            var lows = DailyLows()
            for hour in 0..<24 * 10 {
                lows.take(level(UInt64(hour)), at: UInt64(hour) * day / 24)
            }
            return lows.growth?.each
        }
        #expect(growth { 1000 + $0 * 10 } == 240)
        #expect(growth { 1000 + $0 % 24 * 10 } == nil)
        #expect(growth { _ in 1000 } == nil)
    }

    @Test func bytesAreRoundedUpToWrittenValues() {
        let mebibyte = Double(1 << 20)
        let cases: [(Double, String)] = [
            (20.1, "21MiB"), (437, "440MiB"), (437.5, "440MiB"), (1001, "1020MiB"),
            (2101, "2150MiB"), (4200, "4.2GiB"), (4096, "4GiB"), (20_000, "19.6GiB"),
            (150_000, "147GiB"),
        ]
        for (size, text) in cases {
            let value = WrittenSteps.bytes(size * mebibyte)
            #expect(WrittenSteps.text(ofBytes: value) == text)
            #expect(Double(value) >= size * mebibyte - 1 && Double(value) <= size * mebibyte * 1.05)
        }
    }

    /// A recording may claim any weight and any time.
    @Test func hugeNumbersEndAtTheBounds() {
        #expect(WrittenSteps.weight(3.7e17) == 10_000)
        #expect(WrittenSteps.weight(.infinity) == 10_000)
        var levels = Distribution()
        for _ in 0..<3 { levels.add(1, for: .max / 2) }
        #expect(levels.quantile(0.5) == 1)
        var clock = RecordedClock()
        for now: UInt64 in [1, 7_000_000_000_000_000_000, 7_000_000_000_000_000_001] {
            var builder = SnapshotBuilder()
            builder.add("/")
            let made = builder.build()
            let snapshot = Snapshot(
                tick: now, wallTime: now / 1000,
                tierTimes: made.tierTimes.map { _ in TierTimes(now: now, before: 0) },
                schema: made.schema, cgroups: made.cgroups, blocks: made.blocks, host: made.host,
                health: made.health)
            _ = clock.take(snapshot, of: RecordedRun(boot: "b", start: 1))
        }
        #expect(clock.gaps == 1)
    }
}
