import CgroupModel
import TestSupport
import Testing

@testable import Events

@Suite struct OOMLedgerTests {
    private let time = EventTime(wall: 1, boot: 1)

    private final class Samples {
        var sequence = SampleSequence(watching: OOMLedger.metrics)
    }

    private let samples = Samples()

    private func step(_ kills: [(path: String, generation: UInt64, kills: UInt64)]) -> SampleStep {
        var builder = SnapshotBuilder(metrics: OOMLedger.metrics.map { MetricCatalog[$0].name })
        for cgroup in kills {
            builder.add(
                cgroup.path, generation: cgroup.generation,
                ["memory.events.local.oom_kill": Reading(cgroup.kills)])
        }
        return samples.sequence.next(builder.build())
    }

    private func sources(_ events: [Event]) -> [String] {
        events.map { "\($0.word(.source) ?? "-") \($0.cgroup?.path.description ?? "-")" }
    }

    @Test func killsThatTheLogNamesAreNotReportedAgain() {
        var ledger = OOMLedger(readsLog: true)
        #expect(ledger.settle(step([("/a", 1, 4)]), total: 10, time).isEmpty)
        ledger.log(CgroupPath("/a"))
        ledger.log(CgroupPath("/gone"))
        for _ in 0..<3 {
            #expect(ledger.settle(step([("/a", 1, 5)]), total: 12, time).isEmpty)
        }
    }

    @Test func aKillThatIsLoggedOneSampleLateIsNotReportedTwice() {
        var ledger = OOMLedger(readsLog: true)
        _ = ledger.settle(step([("/a", 1, 0)]), total: 0, time)
        #expect(ledger.settle(step([("/a", 1, 1)]), total: 1, time).isEmpty)
        ledger.log(CgroupPath("/a"))
        #expect(ledger.settle(step([("/a", 1, 1)]), total: 1, time).isEmpty)
        #expect(ledger.settle(step([("/a", 1, 1)]), total: 1, time).isEmpty)
    }

    @Test func aKillThatTheLogLostIsReportedByItsCgroupsCounter() {
        var ledger = OOMLedger(readsLog: true)
        _ = ledger.settle(step([("/a", 1, 0)]), total: 0, time)
        #expect(ledger.settle(step([("/a", 1, 1)]), total: 1, time).isEmpty)
        #expect(
            sources(ledger.settle(step([("/a", 1, 1)]), total: 1, time)) == ["counter /a"])
        #expect(ledger.settle(step([("/a", 1, 1)]), total: 1, time).isEmpty)
    }

    @Test func impossibleCountsOfARecordingDoNotOverflow() {
        var ledger = OOMLedger(readsLog: false)
        _ = ledger.settle(step([("/a", 1, 0), ("/b", 2, 0)]), total: nil, time)
        let most: UInt64 = 1 << 63
        #expect(!ledger.settle(step([("/a", 1, most), ("/b", 2, most)]), total: nil, time).isEmpty)
    }

    @Test func killsWithoutACgroupBelongToTheOnlyOneThatCountedThem() {
        var ledger = OOMLedger(readsLog: true)
        _ = ledger.settle(step([("/a", 1, 0), ("/b", 2, 0)]), total: 0, time)
        ledger.log(CgroupPath("/b"))
        ledger.log(nil)
        ledger.log(nil)
        #expect(ledger.settle(step([("/a", 1, 2), ("/b", 2, 1)]), total: 3, time).isEmpty)
        #expect(ledger.settle(step([("/a", 1, 2), ("/b", 2, 1)]), total: 3, time).isEmpty)
        #expect(ledger.solePlace(of: 2)?.path == CgroupPath("/a"))
        #expect(ledger.solePlace(of: 1) == nil)
        ledger.log(nil)
        ledger.log(nil)
        #expect(ledger.settle(step([("/a", 1, 3), ("/b", 2, 2)]), total: 5, time).isEmpty)
        #expect(ledger.settle(step([("/a", 1, 3), ("/b", 2, 2)]), total: 5, time).isEmpty)
        #expect(ledger.solePlace(of: 2) == nil)
    }

    /// The kill of a removed cgroup, which the log did not place, got the cgroup of the next kill,
    /// which was counted but not yet logged.
    @Test func counterThatIsAheadOfTheLogIsNoPlaceOfAnEarlierKill() {
        var ledger = OOMLedger(readsLog: true)
        _ = ledger.settle(step([("/b", 2, 0)]), total: 0, time)
        ledger.log(nil)
        #expect(ledger.settle(step([("/b", 2, 1)]), total: 2, time).isEmpty)
        #expect(ledger.solePlace(of: 1) == nil)
        ledger.log(CgroupPath("/b"))
        #expect(ledger.settle(step([("/b", 2, 1)]), total: 2, time).isEmpty)
        #expect(ledger.solePlace(of: 1) == nil)
    }

    @Test func killsThatOnlyTheHostCountsAreUnattributed() {
        var ledger = OOMLedger(readsLog: true)
        _ = ledger.settle(step([]), total: 5, time)
        ledger.log(CgroupPath("/x"))
        #expect(ledger.settle(step([]), total: 8, time).isEmpty)
        #expect(
            sources(ledger.settle(step([]), total: 8, time))
                == ["unattributed -", "unattributed -"])
        #expect(ledger.settle(step([]), total: 8, time).isEmpty)
    }

    @Test func withoutTheLogTheCountersAndTheHostsTotalAgree() {
        var ledger = OOMLedger(readsLog: false)
        _ = ledger.settle(step([("/a", 1, 2)]), total: 2, time)
        // One kill in a cgroup that still exists, one in a cgroup that is gone, one in a new cgroup.
        #expect(
            sources(ledger.settle(step([("/a", 1, 3), ("/b", 2, 1)]), total: 5, time))
                == ["counter /a", "counter /b"])
        #expect(
            sources(ledger.settle(step([("/a", 1, 3), ("/b", 2, 1)]), total: 5, time))
                == ["unattributed -"])
        #expect(
            ledger.settle(step([("/a", 1, 3), ("/b", 2, 1)]), total: 5, time).isEmpty)
    }

    @Test func aStormBeyondTheBoundIsFoldedAndStillCounted() {
        var ledger = OOMLedger(readsLog: false)
        _ = ledger.settle(step([("/a", 1, 0)]), total: 0, time)
        let events = ledger.settle(step([("/a", 1, 10_000)]), total: 10_000, time)
        #expect(events.count <= 1001)
        #expect(events.reduce(0) { $0 + max($1.folded, 1) } == 10_000)
        #expect(ledger.settle(step([("/a", 1, 10_000)]), total: 10_000, time).isEmpty)
    }

    @Test func aCounterOfTheHostThatFallsIsHarmless() {
        var ledger = OOMLedger(readsLog: true)
        _ = ledger.settle(step([]), total: 5, time)
        _ = ledger.settle(step([]), total: 2, time)
        #expect(ledger.settle(step([]), total: nil, time).isEmpty)
    }
}

@Suite struct KernelLogClockTests {
    @Test func aRecordIsAsOldAsItsClockSays() {
        let clock = KernelLogClock(monotonic: 10_000_000, wall: 1_000_000_000, boot: 90_000_000_000)
        #expect(clock.time(4_000_000) == EventTime(wall: 994_000_000, boot: 84_000_000_000))
        #expect(clock.time(11_000_000) == EventTime(wall: 1_000_000_000, boot: 90_000_000_000))
        #expect(clock.time(0).wall == 990_000_000)
    }
}
