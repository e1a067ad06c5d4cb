import Foundation
import Policy
import Testing

@Suite struct HighWatcherTests {
    private func instant(_ second: Int) -> PolicyInstant {
        PolicyInstant(nanoseconds: UInt64(1000 + second) * 1_000_000_000)
    }

    /// The seconds at which memory.high is to be raised.
    private func raises(
        _ seconds: Int, _ sample: (Int) -> HighWatcher.Sample
    ) -> (times: [Int], watcher: HighWatcher) {
        var watcher = HighWatcher()
        let times = (0...seconds).filter { watcher.observe(sample($0), at: instant($0)) }
        return (times, watcher)
    }

    private func stuck(
        _ second: Int, usage: UInt64 = 1 << 30, pressure: Double? = 80
    ) -> HighWatcher.Sample {
        HighWatcher.Sample(
            usage: usage, highEvents: UInt64(second) * 3, fullPressure: pressure)
    }

    @Test func livelockIsEndedAfterThirtySecondsAndNotRepeatedForTenMinutes() {
        let (times, watcher) = raises(700) { stuck($0) }
        #expect(times == [30, 660])
        #expect(watcher.isResting(instant(661)))
        let once = raises(40) { stuck($0) }.watcher
        #expect(once.isResting(instant(629)))
        #expect(!once.isResting(instant(630)))
    }

    @Test func eachSignOfProgressCounts() {
        #expect(raises(300) { stuck($0, pressure: 39.9) }.times.isEmpty)
        #expect(raises(300) { stuck($0, pressure: nil) }.times.isEmpty)
        #expect(raises(300) { stuck($0, usage: 1 << 30 + UInt64($0) << 20) }.times.isEmpty)
        #expect(raises(300) { stuck($0, pressure: $0 % 20 == 0 ? 30 : 90) }.times.isEmpty)
        let still = HighWatcher.Sample(usage: 1 << 30, highEvents: 7, fullPressure: 90)
        #expect(raises(300) { _ in still }.times.isEmpty)
    }

    /// As was seen with memory.high at 60 MiB: usage crept from 63 to 80 MiB in 50 s, with full
    /// avg10 at 96 % or more all the time, and nothing was done since usage did not stand still.
    @Test func slowlyGrowingStallIsALivelock() {
        let creeping = { (second: Int) in
            HighWatcher.Sample(
                usage: (63 << 20) + UInt64(second) * (17 << 20) / 50,
                highEvents: UInt64(second) * 40, fullPressure: 96 + Double(second % 4))
        }
        #expect(raises(50, creeping).times == [30])
    }

    @Test func growthOrReclaimUnderPressureIsProgress() {
        let growing = { (second: Int) in
            stuck(second, usage: UInt64(60e6 * pow(1.05, Double(second))), pressure: 96)
        }
        #expect(raises(300, growing).times.isEmpty)
        let falling = { (second: Int) in
            stuck(second, usage: UInt64(900 - 2 * second) << 20, pressure: 99)
        }
        #expect(raises(300, falling).times.isEmpty)
        let weaker = { (second: Int) in
            stuck(second, usage: UInt64(630 + second) << 20, pressure: second % 10 == 0 ? 85 : 96)
        }
        #expect(raises(300, weaker).times.isEmpty)
    }

    @Test func oneHighEventEveryFewSecondsIsEnough() {
        let slow = { (second: Int) in
            HighWatcher.Sample(
                usage: 1 << 30, highEvents: UInt64(second / 4), fullPressure: 90)
        }
        #expect(raises(40, slow).times == [30])
    }

    @Test func decreasingCounterIsANewCgroup() {
        let times = raises(45) { second in
            var sample = stuck(second)
            if second >= 20 { sample.highEvents -= 60 }
            return sample
        }.times
        #expect(times.isEmpty)
    }
}
