import Testing

@testable import Events

@Suite struct StallTimeTests {
    private static let second: UInt64 = 1_000_000_000

    @Test func theTimeBeforeTheFirstTotalDoesNotCount() {
        var stalls = StallTime(window: 2 * Self.second)
        #expect(stalls.growth(to: 900_000_000, at: 50 * Self.second) == nil)
        #expect(stalls.growth(to: 900_000_100, at: 50 * Self.second + 1) == 100)
    }

    @Test func growthIsThatOfTheLastWindowOrTwo() {
        var stalls = StallTime(window: 2 * Self.second)
        // Half of the time for ten seconds, then nothing.
        for tick in 0...100 as ClosedRange<UInt64> {
            let total = min(tick, 40) * 125_000
            let growth = stalls.growth(to: total, at: tick * Self.second / 4)
            switch tick {
            case 0: #expect(growth == nil)
            case 8...40: #expect((1_000_000...2_000_000).contains(growth ?? 0), "\(tick)")
            case 57...: #expect(growth == 0, "\(tick)")
            default: break
            }
        }
    }
}
