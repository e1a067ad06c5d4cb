import CgroupModel
import TestSupport
import Testing

@testable import Events

/// Which usage of a parent belongs to its own processes.
@Suite struct OwnProcessesTests {
    @Test func theUsageOfAParentWithProcessesOfItsOwnIsNotUnattributed() {
        var feed = DeathFeed()
        _ = feed.take { family(&$0, 500, own: 1) }
        _ = feed.take { family(&$0, 600, ["a": 10], own: 1) }
        // It is unknown, which is told once.
        let report = feed.take { family(&$0, 900, own: 1) }
        #expect(cpu(report.unattributed) == [nil])
        #expect(
            report.unattributed.map(\.event.sentence)
                == ["removed children may have used more than their readings show"])
        #expect(feed.take { family(&$0, 950, own: 1) }.unattributed.isEmpty)
        #expect(feed.take { family(&$0, 950) }.unattributed.isEmpty)
    }

    /// No usage is missing from a final reading.
    @Test func finalReadingBelowAParentWithProcessesLeavesNothingUnknown() {
        var feed = DeathFeed()
        _ = feed.take { family(&$0, 500, own: 1) }
        _ = feed.take { family(&$0, 600, ["a": 10], own: 1) }
        let report = feed.take([feed.end("/p/a", 2.5, lived: 0.7, cpu: 140)]) {
            family(&$0, 900, own: 1)
        }
        #expect(report.tombstones.map(\.totals.cpuTime) == [140])
        #expect(report.unattributed.isEmpty)
    }

    @Test func parentThatEndsWithProcessesOfItsOwnHasAnUnknownRemainder() {
        var feed = DeathFeed()
        _ = feed.take { $0.add("/q", generation: 99, ["pids.current": Reading(0)]) }
        _ = feed.take {
            $0.add("/q", generation: 99, ["pids.current": Reading(1)])
            family(&$0, 100, ["a": 30], own: 1)
        }
        let report = feed.take { $0.add("/q", generation: 99, ["pids.current": Reading(0)]) }
        #expect(report.tombstones.count == 2)
        #expect(cpu(report.unattributed) == [nil])
    }

    /// A job began after the children were listed, or ended after the parent was read.
    @Test func skewBetweenParentAndChildIsNotAProcessOfTheParent() {
        var feed = DeathFeed { _ in false }
        _ = feed.take { family(&$0, 500) }
        _ = feed.take { family(&$0, 600, ["a": 100]) }
        #expect(cpu(feed.take { family(&$0, 640, own: 1) }.unattributed) == [40])
        _ = feed.take { family(&$0, 640, ["b": 0]) }
        #expect(cpu(feed.take { family(&$0, 700, own: 1) }.unattributed) == [60])
    }

    @Test func skewLongBeforeAnEndIsNotAProcessOfTheParent() {
        var feed = DeathFeed { _ in false }
        _ = feed.take { family(&$0, 500) }
        _ = feed.take { family(&$0, 500, own: 1) }
        _ = feed.take { family(&$0, 600, ["a": 100]) }
        #expect(cpu(feed.take { family(&$0, 640) }.unattributed) == [40])
    }

    @Test func processesCountedTwiceBeforeAnEndAreTheParents() {
        var feed = DeathFeed { _ in false }
        _ = feed.take { family(&$0, 500, own: 1) }
        // Nothing has changed.
        _ = feed.take { family(&$0, 500, own: 1) }
        _ = feed.take { family(&$0, 900, ["a": 100]) }
        #expect(cpu(feed.take { family(&$0, 940) }.unattributed) == [nil])
    }

    @Test func listOfProcessesDecidesAfterAnEnd() {
        var feed = DeathFeed { $0 == CgroupPath("/p") }
        _ = feed.take { family(&$0, 500) }
        _ = feed.take { family(&$0, 600, ["a": 100]) }
        #expect(cpu(feed.take { family(&$0, 900, own: 1) }.unattributed) == [nil])
    }

    /// On a host without the controller pids.
    @Test(arguments: [true, false]) func listDecidesIfTasksAreNotCounted(hasOwn: Bool) {
        var feed = DeathFeed { $0 == CgroupPath("/p") && hasOwn }
        func add(_ builder: inout SnapshotBuilder, _ usage: UInt64, _ children: [String]) {
            builder.add("/p", generation: 1, ["cpu.usage_usec": Reading(usage)])
            for (index, child) in children.enumerated() {
                builder.add(
                    "/p/\(child)", generation: UInt64(index) + 10,
                    ["cpu.usage_usec": Reading(10)])
            }
        }
        _ = feed.take { add(&$0, 500, ["a"]) }
        _ = feed.take { add(&$0, 520, ["a", "b"]) }
        _ = feed.take { add(&$0, 530, ["a", "b"]) }
        #expect(
            cpu(feed.take { add(&$0, 600, ["a"]) }.unattributed) == [hasOwn ? nil : 90])
    }

    @Test func theUsageOfProcessesThatHaveLeftAParentIsNotUnattributed() {
        var feed = DeathFeed()
        _ = feed.take { family(&$0, 500) }
        _ = feed.take { family(&$0, 900, own: 1) }
        _ = feed.take { family(&$0, 1000, ["a": 50]) }
        #expect(cpu(feed.take { family(&$0, 1000) }.unattributed) == [nil])
        _ = feed.take { family(&$0, 1100, ["b": 60]) }
        #expect(cpu(feed.take { family(&$0, 1100) }.unattributed) == [40])
    }
}
