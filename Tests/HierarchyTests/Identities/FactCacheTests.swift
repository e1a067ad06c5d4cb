import Testing

@testable import Hierarchy

/// Facts that several callers read concurrently, each with its own time.
@Suite struct FactCacheTests {
    private static let minute: UInt64 = 60_000_000_000

    @Test func earlierTimestampUsesTheCachedFact() {
        let cache = FactCache<String, Int>(seconds: 1)
        #expect(cache.value(of: "a", at: 1000) { _ in 1 } == 1)
        #expect(cache.value(of: "a", at: 999) { _ in 2 } == 1)
    }

    @Test func factReadDuringASweepIsKept() {
        let cache = FactCache<String, Int>(seconds: 3600)
        _ = cache.value(of: "kept", at: Self.minute) { _ in 1 }
        let now = 10 * Self.minute
        _ = cache.value(of: "slow", at: now) { _ in
            cache.value(of: "kept", at: now + 1) { _ in 2 }
        }
        // The sweep dropped unused facts, but not those just used.
        #expect(cache.value(of: "kept", at: now + 2) { _ in 3 } == 1)
    }

    @Test func unusedFactsAreDropped() {
        let cache = FactCache<String, Int>(seconds: 3600)
        _ = cache.value(of: "old", at: Self.minute) { _ in 1 }
        _ = cache.value(of: "new", at: 10 * Self.minute) { _ in 1 }
        #expect(cache.value(of: "old", at: 10 * Self.minute) { _ in 2 } == 2)
    }
}
