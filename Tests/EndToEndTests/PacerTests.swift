import Testing

@testable import cgwarden

/// When the live view takes a sample.
@Suite struct PacerTests {
    private let pace = Pacer()

    /// The old interval had to pass first.
    @Test func newIntervalCountsFromTheLastSample() {
        pace.setInterval(10_000)
        #expect(pace.begin(at: 100_000))
        pace.finish()
        pace.setInterval(1000)
        #expect(!pace.begin(at: 100_999))
        #expect(pace.begin(at: 101_000))
        pace.finish()
        pace.setInterval(5000)
        #expect(!pace.begin(at: 105_999))
        #expect(pace.begin(at: 106_000))
    }

    @Test func requestedSampleIsTakenImmediately() {
        pace.setInterval(10_000)
        #expect(pace.begin(at: 100_000))
        pace.finish()
        pace.beNow()
        pace.setInterval(20_000)
        #expect(pace.begin(at: 100_001))
        #expect(!pace.begin(at: 200_000), "one at a time")
    }
}
