import CgroupModel
import TestSupport
import Testing

@testable import Events

/// Feeds snapshots one second apart.
private struct Feed {
    var samples = SampleSequence(watching: SnapshotEvents.metrics)
    var changes = SnapshotEvents(interval: 1_000_000_000)
    var second: UInt64 = 0
    var suspended: UInt64 = 0

    var time: EventTime {
        EventTime(wall: 1_790_000_000_000_000 + second * 1_000_000, boot: second * 1_000_000_000)
    }

    mutating func take(_ fill: (inout SnapshotBuilder) -> Void) -> [Event] {
        second += 1
        var builder = SnapshotBuilder(
            metrics: SnapshotEvents.metrics.map { MetricCatalog[$0].name })
        fill(&builder)
        return changes.take(samples.next(builder.build()), .init(time, suspended: suspended))
    }
}

/// `moved /a state=empty`.
private func text(_ events: [Event]) -> [String] {
    events.map { event in
        let details = event.kind.details.compactMap { field -> String? in
            switch event.details[field] {
            case .number(let number)?: "\(field.rawValue)=\(number)"
            case .decimal(let number)?: "\(field.rawValue)=\(number)"
            case .text(let text)?: "\(field.rawValue)=\(text)"
            case .path(let path)?: "\(field.rawValue)=\(path)"
            case .bytes?, nil: nil
            }
        }
        return ([event.kind.rawValue, event.cgroup?.path.description ?? "-"] + details)
            .joined(separator: " ")
    }
}

@Suite struct SnapshotEventsTests {
    @Test func cgroupsThatWereReportedButNeverSampledAreListedOnce() {
        var feed = Feed()
        let path = CgroupPath("/a/job")
        func entry(_ inode: UInt64) -> CgroupEntry {
            CgroupEntry(
                path: path, id: CgroupID(inode: inode, generation: inode), parent: nil,
                controllers: [.memory], row: RowLocation(block: 0, row: 0))
        }
        _ = feed.take { $0.add("/a", generation: 1) }
        _ = feed.changes.take(newborns: [entry(7)], feed.time)
        _ = feed.changes.take(newborns: [entry(8)], feed.time)
        _ = feed.take {
            $0.add("/a", generation: 1)
            $0.add("/a/job", inode: 8, generation: 8)
        }
        #expect(feed.changes.unsampled.map(\.cgroup.id?.inode) == [7])
        _ = feed.take { $0.add("/a", generation: 1) }
        #expect(feed.changes.unsampled.isEmpty)
    }

    @Test func birthsAreFoundAfterTheFirstSample() {
        var feed = Feed()
        #expect(feed.take { $0.add("/a", generation: 1) }.isEmpty)
        #expect(
            text(
                feed.take {
                    $0.add("/a", generation: 1)
                    $0.add("/a/b", generation: 2)
                }) == ["born /a/b"])
        #expect(
            text(feed.take { $0.add("/a/b", generation: 3) })
                == ["born /a/b"])
    }

    @Test func aCgroupBetweenTwoSamplesIsBornOnce() {
        var feed = Feed()
        _ = feed.take { $0.add("/a", generation: 1) }
        let entry = CgroupEntry(
            path: CgroupPath("/a/job"), id: CgroupID(inode: 9, generation: 2), parent: nil,
            controllers: [], row: RowLocation(block: 0, row: 0))
        #expect(text(feed.changes.take(newborns: [entry], feed.time)) == ["born /a/job"])
        #expect(feed.changes.take(newborns: [entry], feed.time).isEmpty)
        #expect(
            text(feed.take { $0.add("/a", generation: 1) }).isEmpty)
    }

    @Test func statesAreReportedWhenTheyChange() {
        var feed = Feed()
        _ = feed.take {
            $0.add(
                "/a", generation: 1, ["cgroup.populated": Reading(0), "cgroup.frozen": Reading(1)])
        }
        #expect(
            text(
                feed.take {
                    $0.add(
                        "/a", generation: 1,
                        ["cgroup.populated": Reading(1), "cgroup.frozen": Reading(0)])
                }) == ["moved /a state=populated", "thawed /a"])
        #expect(
            text(feed.take { $0.add("/a", generation: 1, ["cgroup.populated": Reading(0)]) })
                == ["moved /a state=empty"])
    }

    @Test func v1CgroupsArePopulatedByTheirCountOfTasks() {
        var feed = Feed()
        _ = feed.take { $0.add("/a", generation: 1, ["pids.current": Reading(0)]) }
        #expect(
            text(feed.take { $0.add("/a", generation: 1, ["pids.current": Reading(2)]) })
                == ["moved /a state=populated"])
    }

    @Test func processesInOnlyOneHierarchyOfAHybridPopulateACgroup() {
        var feed = Feed()
        func sample(_ populated: UInt64, _ tasks: UInt64) -> [String] {
            text(
                feed.take {
                    $0.add(
                        "/a", generation: 1,
                        ["cgroup.populated": Reading(populated), "pids.current": Reading(tasks)])
                })
        }
        _ = sample(0, 0)
        #expect(sample(0, 2) == ["moved /a state=populated"])
        #expect(sample(1, 0) == [])
        #expect(sample(0, 0) == ["moved /a state=empty"])
    }

    /// A zombie counts in pids.current until its parent has waited for it.
    @Test func cgroupWithOnlyZombiesIsEmptyWithoutV1() {
        var feed = Feed()
        feed.changes = SnapshotEvents(interval: 1_000_000_000, isUnified: true)
        func sample(_ populated: UInt64, _ tasks: UInt64) -> [String] {
            text(
                feed.take {
                    $0.add(
                        "/a", generation: 1,
                        ["cgroup.populated": Reading(populated), "pids.current": Reading(tasks)])
                })
        }
        _ = sample(1, 2)
        #expect(sample(0, 2) == ["moved /a state=empty"])
        #expect(sample(0, 0) == [])
    }

    @Test func aLimitThatIsHitAllTheTimeIsReportedOnceUntilItWasQuiet() {
        var feed = Feed()
        func sample(_ hits: UInt64) -> [String] {
            text(
                feed.take {
                    $0.add("/a", generation: 1, ["memory.events.local.max": Reading(hits)])
                })
        }
        #expect(sample(5) == [])
        #expect(sample(8) == ["limit-hit /a limit=memory.max count=3"])
        #expect(sample(90) == [])
        for _ in 0..<6 { #expect(sample(90) == []) }
        #expect(sample(91) == ["limit-hit /a limit=memory.max count=1"])
    }

    @Test func throttlingHasABeginningAndAnEnd() {
        var feed = Feed()
        func sample(_ periods: UInt64, _ time: UInt64) -> [String] {
            text(
                feed.take {
                    $0.add(
                        "/a", generation: 1,
                        [
                            "cpu.nr_throttled": Reading(periods),
                            "cpu.throttled_usec": Reading(time),
                            "cpu.max": Reading(20000), "cpu.max.period": Reading(100_000),
                        ])
                })
        }
        #expect(sample(10, 500) == [])
        #expect(sample(14, 900) == ["throttled /a state=begin quota_cpus=0.2"])
        #expect(sample(20, 1500) == [])
        for _ in 0..<4 { #expect(sample(20, 1500) == []) }
        #expect(sample(20, 1500) == ["throttled /a state=end throttled_usec=1000 nr_throttled=10"])
    }

    @Test func outOfMemoryIsReportedOnBothVersions() {
        var feed = Feed()
        _ = feed.take {
            $0.add("/v1", generation: 1, ["memory.under_oom": Reading(0)])
            $0.add("/v2", generation: 2, ["memory.events.local.oom": Reading(1)])
        }
        #expect(
            text(
                feed.take {
                    $0.add("/v1", generation: 1, ["memory.under_oom": Reading(1)])
                    $0.add("/v2", generation: 2, ["memory.events.local.oom": Reading(3)])
                }) == ["oom /v1", "oom /v2 count=2"])
    }

    @Test func suspendAndLateSamplesAreGaps() {
        var feed = Feed()
        _ = feed.take { _ in }
        feed.second += 99
        #expect(
            text(feed.take { _ in }) == ["gap - cause=late sample duration_usec=100000000"])
        feed.second += 9
        feed.suspended += 7_000_000_000
        #expect(text(feed.take { _ in }) == ["gap - cause=suspend duration_usec=7000000"])
        #expect(feed.take { _ in }.isEmpty)
    }
}

@Suite struct EventFoldTests {
    private let event = Event(.born, EventTime(wall: 1, boot: 1), EventCgroup(CgroupPath("/a")))

    @Test func aStormIsFoldedIntoOneEventASecond() {
        var fold = EventFold(most: 10)
        let storm = Array(repeating: event, count: 822)
        #expect(fold.take(storm, now: 1_000_000_000).count == 10)
        #expect(fold.take([Event(.died, event.time)], now: 1_500_000_000).count == 1)
        #expect(fold.isHolding)
        let next = fold.take([event], now: 2_000_000_000)
        #expect(next.map(\.folded) == [812, 0])
        #expect(next.map(\.sentence) == ["and 812 more in /a", "created"])
        #expect(!fold.isHolding)
    }

    @Test func pressureBeginsAtItsThresholdAndEndsBelowHalfOfIt() {
        var feed = Feed()
        func sample(_ memory: UInt64, _ cpu: UInt64) -> [String] {
            text(
                feed.take {
                    $0.add(
                        "/a", generation: 1,
                        [
                            "memory.pressure.some.avg10": Reading(memory),
                            "cpu.pressure.some.avg10": Reading(cpu),
                        ])
                })
        }
        #expect(sample(0, 4999).isEmpty)
        #expect(
            sample(1000, 4999) == ["pressure /a state=begin resource=memory share_percent=10.0"])
        #expect(sample(700, 0).isEmpty && sample(1200, 0).isEmpty)
        #expect(
            sample(499, 9000) == [
                "pressure /a state=begin resource=cpu share_percent=90.0",
                "pressure /a state=end resource=memory duration_usec=3000000",
            ])
        #expect(sample(400, 3000).isEmpty)
    }

    @Test func theRootsPressureIsTheHosts() {
        var feed = Feed()
        let share = ["memory.pressure.some.avg10": Reading(9000)]
        #expect(feed.take { $0.add("/", generation: 1, share) }.isEmpty)
        #expect(feed.take { $0.add("/", generation: 1, share) }.isEmpty)
    }
}
