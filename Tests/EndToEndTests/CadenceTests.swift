import Testing

@testable import Service

/// `stat -i 1s` sampled every 1.25 to 1.47 s: the interval was added to the time that a sample took.
@Suite struct CadenceTests {
    private let start = ContinuousClock.now

    @Test func samplingTimeCountsTowardsTheInterval() {
        var cadence = Cadence(start)
        for tick in 1...100 {
            // Each sample takes 0.3 s.
            let now = start + .seconds(tick - 1) + .milliseconds(300)
            let isLate = cadence.advance(by: .seconds(1), now: now)
            #expect(!isLate)
            #expect(cadence.next == start + .seconds(tick))
        }
    }

    @Test func missedSamplesAreNotRepeated() {
        var cadence = Cadence(start)
        let late = start + .seconds(7)
        let isLate = cadence.advance(by: .seconds(1), now: late)
        #expect(isLate)
        #expect(cadence.next == late)
        let isLateAgain = cadence.advance(by: .seconds(1), now: late)
        #expect(!isLateAgain)
        #expect(cadence.next == late + .seconds(1))
    }
}
