import Synchronization
import Testing

@testable import Hierarchy

/// Scheduling of lookups, and isolation between users.
@Suite struct FactGathererTests {
    private let time = SettableTime()
    private let done = Names()

    private final class Names: Sendable {
        private let list = Mutex<[String]>([])
        var all: [String] { list.withLock { $0 } }
        func add(_ name: String) { list.withLock { $0.append(name) } }
    }

    private func gatherer(_ bounds: FactGatherer.Bounds = .steady) -> FactGatherer {
        FactGatherer("cgw-test", bounds) { [time] in time.now }
    }

    /// Work that notes its name, and takes bytes and time.
    private func add(
        _ name: String, to gatherer: FactGatherer, on user: UInt32, bytes: Int = 0,
        milliseconds: UInt64 = 0
    ) {
        let isAdded = gatherer.add(on: user) { [time, done] in
            time.advance(milliseconds * 1_000_000)
            done.add(name)
            return bytes
        }
        #expect(isAdded)
    }

    private func names(_ gatherer: FactGatherer) -> [String] {
        #expect(gatherer.waitUntilIdle(within: .seconds(60)))
        return done.all
    }

    @Test func bytesBeyondTheBudgetWaitForTheNextSecond() {
        let gatherer = gatherer()
        for number in 1...4 {
            add("a\(number)", to: gatherer, on: 1000, bytes: 3 << 19)
        }
        // 1.5 MiB overdraw an allowance of 1 MiB by half a second's worth.
        #expect(names(gatherer) == ["a1"])
        time.advance(400_000_000)
        gatherer.goOn()
        #expect(names(gatherer) == ["a1"])
        time.advance(200_000_000)
        gatherer.goOn()
        #expect(names(gatherer) == ["a1", "a2"])
        // Unused budget does not accumulate.
        time.advance(3_600_000_000_000)
        gatherer.goOn()
        #expect(names(gatherer) == ["a1", "a2", "a3"])
    }

    @Test func timeBeyondTheBudgetWaitsForTheNextSecond() {
        let gatherer = gatherer()
        add("a1", to: gatherer, on: 1000, milliseconds: 200)
        add("a2", to: gatherer, on: 1000)
        #expect(names(gatherer) == ["a1"])
        // 140 ms are owed, and 50 ms a second come in.
        time.advance(2_700_000_000)
        gatherer.goOn()
        #expect(names(gatherer) == ["a1"])
        time.advance(200_000_000)
        gatherer.goOn()
        #expect(names(gatherer) == ["a1", "a2"])
    }

    @Test func budgetOfOneUserDoesNotAffectAnother() {
        let gatherer = gatherer()
        add("a1", to: gatherer, on: 1000, bytes: 1 << 21)
        #expect(names(gatherer) == ["a1"])
        add("a2", to: gatherer, on: 1000)
        add("b", to: gatherer, on: 1001)
        add("root", to: gatherer, on: 0)
        #expect(Set(names(gatherer)) == ["a1", "b", "root"])
    }

    @Test func manyUsersShareATotalBudgetAndRootDoesNot() {
        let gatherer = gatherer()
        for user in UInt32(1000)..<1020 {
            add("\(user)", to: gatherer, on: user, bytes: 1 << 20)
            _ = names(gatherer)
        }
        #expect(names(gatherer).count == 4)
        add("root", to: gatherer, on: 0, bytes: 1 << 20)
        #expect(names(gatherer).last == "root")
    }

    @Test func threadsBlockedByUsersDoNotDelayRoot() throws {
        let gatherer = gatherer()
        let gate = Gate()
        defer { gate.open() }
        for user in UInt32(1000)..<1010 {
            for _ in 0..<3 {
                _ = gatherer.add(on: user) {
                    gate.pass()
                    return 0
                }
            }
        }
        add("root", to: gatherer, on: 0)
        while done.all.isEmpty { try wait() }
        #expect(done.all == ["root"])
        // One thread per user, and four for all users.
        while gate.arrivals < 4 { try wait() }
        #expect(gate.arrivals == 4)
    }

    @Test func threadBlockedByOneUserDoesNotDelayAnother() throws {
        let gatherer = gatherer()
        let gate = Gate()
        defer { gate.open() }
        for _ in 0..<100 {
            _ = gatherer.add(on: 1000) {
                gate.pass()
                return 0
            }
        }
        add("b", to: gatherer, on: 1001)
        while done.all.isEmpty { try wait() }
        #expect(gate.arrivals <= 1)
    }

    @Test func queueOfAUserIsBounded() {
        let gatherer = gatherer()
        let gate = Gate()
        defer { gate.open() }
        let added = (0..<10_000).count { _ in
            gatherer.add(on: 1000) {
                gate.pass()
                return 0
            }
        }
        #expect((4096...4097).contains(added))
    }

    @Test func rejectedRequestIsRepeated() {
        var bounds = FactGatherer.Bounds.steady
        bounds.waiting = 0
        let full = GatheredFacts<Int, Int>(by: gatherer(bounds)) { _ in 1 }
        for _ in 0..<3 {
            let value = full.value(of: 1, at: time.now, on: 1000) {
                (1, isFinal: false)
            } find: { _, _ in
                (.found(2), bytes: 0)
            }
            #expect(value == 1)
        }
        #expect(!full.isSettled(1))
    }

    private func wait() throws { try Pausing.briefly() }
}
