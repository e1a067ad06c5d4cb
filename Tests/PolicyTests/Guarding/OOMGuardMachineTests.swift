import Configuration
import Policy
import PolicyLanguage
import Testing

private let gib: UInt64 = 1 << 30

@Suite struct OOMGuardMachineTests {
    /// `allow_force_empty`: v1 can only drop all of the page cache.
    @Test func v1DropsPageCacheOnlyIfAllowed() {
        for isAllowed in [false, true] {
            var line = GuardTimeline(.v1, relief: [.reclaim]) { $0.allowsForceEmpty = isAllowed }
            line.see(1, 15.2)
            line.see(1.005, 15.2, frozen: true)
            #expect(line.recent().contains { $0.contains("reclaim") } == isAllowed)
        }
    }

    @Test func databaseOnV1IsFrozenRaisedAndThawed() {
        var line = GuardTimeline(.v1)
        #expect(line.recent() == ["0.0 killer off", "0.0 watch 15.2/14.08"])
        line.see(1, 15.1)
        #expect(line.recent().isEmpty)
        line.see(2, 15.2)
        #expect(line.recent() == ["2.0 freeze", "2.0 tell warning"])
        #expect(line.machine.state == .freezing)
        // Reclaim on v1 needs allow_force_empty, so the limit is raised immediately.
        line.see(2.005, 15.2, frozen: true)
        #expect(line.recent() == ["2.005 limit 17.0"])
        line.finish(2.01, .limit(17 * gib))
        #expect(line.recent() == ["2.01 watch 16.15/14.96", "2.01 limit 18.0"])
        line.finish(2.02, .limit(18 * gib))
        // There is room: waiting for `resume_for` would gain nothing while it is frozen.
        #expect(line.recent() == ["2.02 watch 17.1/15.84", "2.02 thaw"])
        #expect(line.machine.state == .watching)
        // Low from 10 on; five minutes later it comes back by steps, and waits after EBUSY.
        line.see(10, 13)
        line.see(309, 13)
        #expect(line.recent().isEmpty)
        line.see(310, 13)
        #expect(line.recent() == ["310.0 limit 17.0"])
        line.finish(310, .limit(17 * gib))
        #expect(line.recent() == ["310.0 watch 16.15/14.96", "310.0 limit 16.0"])
        line.finish(310, .limit(16 * gib), .busy("in use"))
        #expect(line.recent() == ["310.0 watch 16.15/14.96"])
        line.see(339, 13)
        #expect(line.recent().isEmpty)
        line.see(340, 13)
        #expect(line.recent() == ["340.0 limit 16.0"])
        line.finish(340, .limit(16 * gib))
        #expect(line.recent() == ["340.0 watch 15.2/14.08"])
        line.see(700, 13)
        #expect(line.recent().isEmpty)
    }

    @Test func repeatedFreezesAreReportedOnce() {
        var line = GuardTimeline(.v2, relief: [.reclaim])
        for second in 0..<60 {
            line.see(Double(second), 15.3)
            line.see(Double(second) + 0.1, 15.3, frozen: true)
            line.see(Double(second) + 0.2, 14, frozen: true)
        }
        let log = line.recent()
        #expect(log.count { $0.hasSuffix(" freeze") } == 60)
        #expect(log.count { $0.hasSuffix(" thaw") } == 60)
        #expect(log.filter { $0.contains("tell") } == ["0.0 tell warning", "30.0 tell warning"])
    }

    @Test func raisedLimitStaysUntilUsageIsLow() {
        var line = GuardTimeline(.v1)
        line.see(0, 15.2)
        line.see(0, 15.2, frozen: true)
        line.finish(0, .limit(17 * gib))
        line.finish(0, .limit(18 * gib))
        line.see(2, 15.2, frozen: true)
        line.see(10, 13)
        line.see(200, 13.5)
        line.see(201, 13)
        _ = line.recent()
        line.see(500, 13)
        #expect(line.recent().isEmpty)
        line.see(501, 13)
        #expect(line.recent() == ["501.0 limit 17.0"])
    }

    @Test func limitIsNotRaisedBelowHostFreeMinAndTheHookRuns() {
        var line = GuardTimeline(.v1)
        line.see(0, 15.2)
        _ = line.recent()
        line.see(0.005, 15.2, frozen: true, host: 3)
        #expect(line.recent() == ["0.005 hook page-dba"])
        line.finish(1, .hook("page-dba"))
        #expect(line.recent().isEmpty)
        line.see(29.9, 15.2, frozen: true)
        #expect(line.recent().isEmpty)
        #expect(line.machine.nextDeadline == PolicyInstant(nanoseconds: 1030 * 1_000_000_000))
        // The OOM killer is enabled before the thaw.
        line.see(30, 15.2, frozen: true)
        #expect(line.recent() == ["30.0 killer on", "30.0 thaw", "30.0 tell error"])
        #expect(line.machine.state == .open)
        line.see(31, 1)
        line.see(32.9, 1)
        #expect(line.recent().isEmpty)
        line.see(33, 1)
        #expect(line.recent() == ["33.0 killer off", "33.0 watch 15.2/14.08"])
    }

    @Test func limitIsNotRaisedIfHostMemoryIsUnknown() {
        var line = GuardTimeline(
            .v1, relief: [.raise(step: gib, ceiling: 20 * gib, hostFreeAtLeast: 0)])
        line.see(0, 15.2)
        _ = line.recent()
        line.see(0, 15.2, frozen: true, host: nil)
        #expect(line.recent().isEmpty)
    }

    @Test func allocatorFasterThanTheFreezeWaitsInTheKernel() {
        var line = GuardTimeline(.hybrid)
        line.see(0, 16, oom: true)
        #expect(line.recent().suffix(2) == ["0.0 freeze", "0.0 tell warning"])
        // Not frozen yet, and need not be.
        line.see(0.001, 16, oom: true)
        #expect(line.machine.state == .held)
        #expect(line.recent() == ["0.001 limit 17.0"])
        line.finish(0.002, .limit(17 * gib))
        #expect(line.recent() == ["0.002 watch 16.15/14.96", "0.002 limit 18.0"])
        line.see(0.003, 16.1)
        line.finish(0.004, .limit(18 * gib))
        #expect(line.recent() == ["0.004 watch 17.1/15.84", "0.004 limit 19.0"])
        line.finish(0.005, .limit(19 * gib))
        #expect(line.recent() == ["0.005 watch 18.05/16.72", "0.005 thaw"])
        #expect(line.machine.state == .watching)
    }

    @Test func v2ThrottlesFirstAndMovesTheThrottleWithTheLimit() {
        var line = GuardTimeline(.v2)
        #expect(line.recent() == ["0.0 high 15.2", "0.0 watch 15.2/14.08"])
        line.see(1, 15.3)
        #expect(line.recent() == ["1.0 freeze", "1.0 tell warning"])
        line.see(3.9, 15.3)
        #expect(line.recent().isEmpty)
        // Three seconds are enough for a throttled task; relief continues without waiting.
        line.see(4, 15.3)
        #expect(line.machine.state == .frozen)
        #expect(line.recent() == ["4.0 reclaim 1.22"])
        line.finish(5, .reclaim(UInt64(1)))
        #expect(line.recent().isEmpty, "another command's end")
    }

    @Test func v2ThawsWhenReclaimWasEnough() throws {
        var line = GuardTimeline(.v2)
        line.see(1, 15.3)
        line.see(1.01, 15.3, frozen: true)
        let asked = try #require(line.recent().last)
        #expect(asked == "1.01 reclaim 1.22")
        let surplus = UInt64(15.3 * Double(gib)) - line.machine.resumeAt + 1
        line.see(1.5, 14, frozen: true)
        #expect(line.recent() == ["1.5 thaw"])
        line.finish(1.6, .reclaim(surplus), .partial("EAGAIN"))
        #expect(line.recent().isEmpty)
    }

    @Test func v2LowersTheThrottleBeforeTheLimit() {
        var line = GuardTimeline(
            .v2, relief: [.raise(step: 4 * gib, ceiling: 20 * gib, hostFreeAtLeast: 0)])
        line.see(0, 15.5)
        line.see(0, 15.5, frozen: true)
        line.finish(0, .limit(20 * gib))
        #expect(
            line.recent().suffix(4) == [
                "0.0 limit 20.0", "0.0 high 19.0", "0.0 watch 19.0/17.6", "0.0 thaw",
            ])
        line.see(2, 15.5, frozen: true)
        line.see(3, 5)
        _ = line.recent()
        line.see(303, 5)
        #expect(line.recent() == ["303.0 high 15.2", "303.0 limit 16.0"])
        line.finish(304, .limit(16 * gib), .busy("in use"))
        #expect(line.recent() == ["304.0 high 19.0", "304.0 watch 19.0/17.6"])
    }

    @Test func timeoutRaisesKillsOrStays() {
        var line = GuardTimeline(.v1, relief: [.hook("h"), raise], onTimeout: .raise)
        line.see(0, 15.2, host: 0)
        line.see(0, 15.2, frozen: true, host: 0)
        line.finish(1, .hook("h"), .failed("exit 1"))
        _ = line.recent()
        line.see(30, 15.2, frozen: true, host: 0)
        #expect(line.recent() == ["30.0 tell error", "30.0 limit 20.0"])
        line.finish(30, .limit(20 * gib))
        #expect(line.recent() == ["30.0 watch 19.0/17.6", "30.0 thaw"])
        // At the ceiling there is nothing to raise.
        line.see(40, 19.5)
        line.see(40, 19.5, frozen: true)
        _ = line.recent()
        line.see(70, 19.5, frozen: true)
        #expect(line.recent() == ["70.0 killer on", "70.0 thaw", "70.0 tell error"])

        line = GuardTimeline(.v1, relief: [.hook("h")], onTimeout: .kill)
        line.see(0, 15.2)
        line.see(0, 15.2, frozen: true)
        _ = line.recent()
        line.see(30, 15.2, frozen: true)
        #expect(line.recent() == ["30.0 tell error", "30.0 kill"])
        line.see(31, 0.1, frozen: true)
        line.finish(31, .kill)
        #expect(line.recent() == ["31.0 thaw"])

        line = GuardTimeline(.v1, relief: [.hook("h")], onTimeout: .kill)
        line.see(0, 15.2)
        line.see(0, 15.2, frozen: true)
        line.see(30, 15.2, frozen: true)
        _ = line.recent()
        line.see(45, 15.2, frozen: true)
        #expect(line.recent() == ["45.0 killer on", "45.0 thaw", "45.0 tell error"])

        line = GuardTimeline(.v1, relief: [.hook("h")], onTimeout: .stay)
        line.see(0, 15.2)
        line.see(0, 15.2, frozen: true)
        _ = line.recent()
        line.see(1000, 15.2, frozen: true)
        #expect(line.recent().isEmpty)
        #expect(line.machine.nextDeadline == nil)
    }

    private let raise = OOMGuard.Relief.raise(
        step: gib, ceiling: 20 * gib, hostFreeAtLeast: 4 * gib)

    @Test func timeoutWithRoomOnlyThaws() {
        var line = GuardTimeline(.v1) { $0.resumeFor = .seconds(60) }
        line.see(0, 15.2)
        line.see(0, 15.2, frozen: true)
        _ = line.recent()
        line.see(30, 14, frozen: true)
        #expect(line.recent() == ["30.0 thaw"])
        #expect(line.machine.state == .watching)
    }

    @Test func protectedCgroupIsNotFrozen() {
        var line = GuardTimeline(.v1)
        line.see(0, 15.2)
        _ = line.recent()
        line.tell(0.001, .refused("protected"))
        #expect(line.recent() == ["0.001 killer on", "0.001 thaw", "0.001 tell warning"])
        #expect(line.machine.state == .suspended)
        line.see(10, 1)
        line.see(59, 1)
        #expect(line.recent().isEmpty)
        line.see(61, 1)
        #expect(line.recent() == ["61.0 killer off", "61.0 watch 15.2/14.08"])
    }

    @Test func contendedLockThawsAndRaises() {
        var line = GuardTimeline(.v2)
        line.see(0, 15.3)
        _ = line.recent()
        line.release(0.01, 15.3)
        #expect(line.recent() == ["0.01 thaw", "0.01 tell warning", "0.01 limit 17.0"])
        line.finish(0.02, .limit(17 * gib))
        #expect(line.machine.state == .watching)
        _ = line.recent()
        // It is not frozen again soon; the limit is raised further.
        line.see(5, 16.3)
        #expect(line.recent() == ["5.0 limit 18.0"])
        line.finish(5, .limit(18 * gib), .failed("EINVAL"))
        #expect(line.recent() == ["5.0 high original", "5.0 tell error"])
        #expect(line.machine.state == .open)
    }

    @Test func contendedLockWithoutRaiseEnablesTheOOMKiller() {
        var line = GuardTimeline(.v1, relief: [.hook("h")])
        line.see(0, 15.3)
        _ = line.recent()
        line.release(0.01, 15.3)
        #expect(
            line.recent() == [
                "0.01 thaw", "0.01 tell warning", "0.01 killer on", "0.01 tell error",
            ])
    }

    @Test func limitSetByAnotherProgramIsGuarded() {
        var line = GuardTimeline(.v2)
        line.see(0, 5)
        _ = line.recent()
        line.tell(1, .limitChanged(16 * gib - 4096))
        #expect(line.recent().isEmpty, "rounded by the kernel")
        line.tell(2, .limitChanged(32 * gib))
        #expect(line.recent() == ["2.0 high 30.4", "2.0 watch 30.4/28.16"])
        line.see(400, 5)
        line.see(800, 5)
        #expect(line.recent().isEmpty, "it is not brought back")
    }

    @Test func emptyCgroupIsNotLeftFrozen() {
        var line = GuardTimeline(.v2)
        line.see(0, 15.3)
        line.see(0, 15.3, frozen: true)
        _ = line.recent()
        line.see(1, 15.3, frozen: true, empty: true)
        #expect(line.recent() == ["1.0 thaw"])
    }

    @Test func disarmRestoresAndARemovedCgroupIsIgnored() {
        var line = GuardTimeline(.v1)
        line.see(0, 15.2)
        line.see(0, 15.2, frozen: true)
        line.finish(0, .limit(17 * gib))
        _ = line.recent()
        line.tell(1, .disarm)
        #expect(line.recent() == ["1.0 killer on", "1.0 thaw", "1.0 limit 16.0"])
        line.see(2, 16)
        #expect(line.recent().isEmpty)

        // A limit that is being raised will be, whatever is known of it yet.
        line = GuardTimeline(.v1)
        line.see(0, 15.2)
        line.see(0, 15.2, frozen: true)
        #expect(line.recent().last == "0.0 limit 17.0")
        line.tell(1, .disarm)
        #expect(line.recent() == ["1.0 killer on", "1.0 thaw", "1.0 limit 16.0"])

        line = GuardTimeline(.v2)
        line.see(0, 15.3)
        _ = line.recent()
        line.tell(1, .gone)
        line.see(2, 16)
        #expect(line.recent().isEmpty)
        #expect(line.machine.state == .ended)
    }
}
