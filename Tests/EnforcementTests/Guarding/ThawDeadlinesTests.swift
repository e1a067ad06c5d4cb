import Testing

@testable import Enforcement

@Suite struct ThawDeadlinesTests {
    private static let second: UInt64 = 1_000_000_000
    private var deadlines = ThawDeadlines()

    @Test mutating func cgroupIsDueAfterItsDeadlineUntilThawed() {
        deadlines.set(7, by: 10 * Self.second)
        deadlines.set(8, by: 20 * Self.second)
        #expect(deadlines.due(10 * Self.second) == [])
        #expect(deadlines.due(10 * Self.second + 50_000_000) == [7])
        let isNews1 = deadlines.conclude([7], isDone: true, 11 * Self.second)
        #expect(isNews1)
        #expect(deadlines.due(12 * Self.second) == [])
        deadlines.forget(8)
        #expect(deadlines.due(30 * Self.second) == [])
        #expect(deadlines.wait(30 * Self.second) == nil)
    }

    /// The deadline was dropped before the thaw, so that a thaw that failed was the last one.
    @Test mutating func failedThawIsRetriedAfterASecondAndLoggedOnce() {
        deadlines.set(7, by: 10 * Self.second)
        let isNews2 = deadlines.conclude([7], isDone: false, 11 * Self.second)
        #expect(isNews2)
        #expect(deadlines.due(11 * Self.second) == [])
        #expect(deadlines.due(12 * Self.second + 50_000_000) == [7])
        let isNews3 = deadlines.conclude([7], isDone: false, 13 * Self.second)
        #expect(!isNews3)
        #expect(deadlines.due(14 * Self.second + 50_000_000) == [7])
        let isNews4 = deadlines.conclude([7], isDone: true, 15 * Self.second)
        #expect(isNews4)
        #expect(deadlines.due(100 * Self.second) == [])
    }

    @Test mutating func waitIsAtMostHalfASecond() {
        deadlines.set(7, by: 10 * Self.second)
        #expect(deadlines.wait(0) == 500)
        #expect(deadlines.wait(10 * Self.second) == 51)
        #expect(deadlines.wait(11 * Self.second) == 1)
    }
}
