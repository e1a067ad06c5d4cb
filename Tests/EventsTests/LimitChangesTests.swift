import CgroupModel
import Foundation
import KernelIO
import TestSupport
import Testing

@testable import Events

/// Feeds samples one second apart, and writes between them.
private struct Feed {
    var samples = SampleSequence(watching: LimitChanges.metrics)
    var changes = LimitChanges {
        { path, _, _ in path == CgroupPath("/ours") ? "cgwarden (rule gap)" : nil }
    }
    var second: UInt64 = 0

    func time(_ second: Double) -> EventTime {
        EventTime(wall: UInt64(second * 1e6), boot: UInt64(second * 1e9))
    }

    mutating func sample(_ fill: (inout SnapshotBuilder) -> Void) -> [String] {
        second += 1
        var builder = SnapshotBuilder(
            metrics: ShownLimit.all.filter {
                $0.limit.dimension == nil && $0.metric.id != .memoryAndSwapMax
            }.map { MetricCatalog[$0.metric.id].name })
        fill(&builder)
        return changes.take(samples.next(builder.build()), time(Double(second))).map(\.sentence)
    }

    mutating func write(
        _ text: String, to file: String, of path: String = "/a", after seconds: Double = 0.5,
        by writer: Writer = Writer(
            pid: 7, comm: Array("sh".utf8), user: 0, cgroup: CgroupPath("/system.slice/ssh.service")
        )
    ) -> [String] {
        let write = LimitWrite(
            path: CgroupPath(path), file: file, text: text, time: time(Double(second) + seconds),
            writer: writer)
        let cgroup = EventCgroup(write.path, CgroupID(inode: 1, generation: 1))
        return changes.take(write, cgroup).map(\.sentence)
    }
}

private func word(_ text: String) -> Reading {
    Word.intern(text).map { Reading(UInt64($0)) } ?? .malformed
}

private func mebibytes(_ number: UInt64) -> Reading { Reading(number << 20) }

@Suite struct LimitChangesTests {
    private let shell = "by sh (pid 7, uid 0, ssh.service)"

    @Test func aSampleShowsTheOldAndTheNewValue() {
        var feed = Feed()
        #expect(feed.sample { $0.add("/a", ["memory.max": .unlimited]) }.isEmpty)
        #expect(
            feed.sample { $0.add("/a", ["memory.max": mebibytes(512)]) }
                == ["memory.max changed from max to 512MiB"])
        #expect(feed.sample { $0.add("/a", ["memory.max": mebibytes(512)]) }.isEmpty)
        #expect(
            feed.sample { $0.add("/a", ["memory.max": .unlimited]) }
                == ["memory.max changed from 512MiB to max"])
    }

    @Test func aWriteNamesItsWriterAndTheSampleAfterItSaysNothingMore() {
        var feed = Feed()
        _ = feed.sample { $0.add("/a", ["memory.max": .unlimited]) }
        #expect(
            feed.write("536870912\n", to: "memory.max")
                == ["memory.max changed from max to 512MiB \(shell)"])
        #expect(feed.write("536870912\n", to: "memory.max").isEmpty)
        #expect(feed.sample { $0.add("/a", ["memory.max": mebibytes(512)]) }.isEmpty)
    }

    @Test func aSampleThatWasReadBeforeAWriteDoesNotRevertIt() {
        var feed = Feed()
        _ = feed.sample { $0.add("/a", ["memory.max": .unlimited]) }
        _ = feed.write("536870912\n", to: "memory.max", after: 1.01)
        #expect(feed.sample { $0.add("/a", ["memory.max": .unlimited]) }.isEmpty)
        #expect(feed.sample { $0.add("/a", ["memory.max": mebibytes(512)]) }.isEmpty)
        #expect(
            feed.sample { $0.add("/a", ["memory.max": mebibytes(1)]) }
                == ["memory.max changed from 512MiB to 1MiB"])
    }

    @Test func aQuotaIsComparedInCPUs() {
        var feed = Feed()
        func quota(_ quota: UInt64, _ period: UInt64) -> [String: Reading] {
            ["cpu.max": Reading(quota), "cpu.max.period": Reading(period)]
        }
        _ = feed.sample { $0.add("/a", quota(50_000, 100_000)) }
        #expect(
            feed.sample { $0.add("/a", quota(100_000, 200_000)) }
                == ["cpu.max.period changed from 100ms to 200ms"])
        #expect(
            feed.write("150000 200000\n", to: "cpu.max")
                == ["cpu.max changed from 0.5cpus to 0.75cpus \(shell)"])
        // v1 has a file for each.
        #expect(
            feed.write("-1\n", to: "cpu.cfs_quota_us")
                == ["cpu.max changed from 0.75cpus to max \(shell)"])
    }

    @Test func aDiskWhoseLineDisappearsHasNoLimit() {
        var feed = Feed()
        let disk = InstanceKey(major: 8, minor: 0)
        _ = feed.sample {
            $0.add("/a")
            $0.instance("io.max.wbps", disk, 10_000_000)
        }
        #expect(
            feed.write("8:0 rbps=max wbps=1048576 riops=max wiops=max\n", to: "io.max")
                == ["io.max.wbps 8:0 changed from 10MB/s to 1MiB/s \(shell)"])
        #expect(
            feed.write("", to: "io.max")
                == ["io.max.wbps 8:0 changed from 1MiB/s to max \(shell)"])
        #expect(feed.sample { $0.add("/a") }.isEmpty)
    }

    @Test func anUnreadableFileIsNoChange() {
        var feed = Feed()
        _ = feed.sample {
            $0.add("/a", ["memory.max": mebibytes(1)])
            $0.instance("io.max.wbps", InstanceKey(major: 8, minor: 0), 5)
        }
        for reading in [Reading.notPermitted, .gone, .malformed] {
            let changes = feed.sample {
                $0.add("/a", ["memory.max": reading])
                $0.instance("io.max.wbps", .whole, reading: reading)
            }
            #expect(changes.isEmpty)
        }
        #expect(
            feed.sample {
                $0.add("/a", ["memory.max": mebibytes(2)])
                $0.instance("io.max.wbps", InstanceKey(major: 8, minor: 0), 5)
            } == ["memory.max changed from 1MiB to 2MiB"])
    }

    @Test func limitsOfANewCgroupAreReportedOnlyIfTheyAreNotTheDefaults() {
        var feed = Feed()
        _ = feed.sample { $0.add("/b", generation: 2) }
        #expect(feed.write("max\n", to: "memory.max").isEmpty)
        #expect(feed.write("max 100000\n", to: "cpu.max").isEmpty)
        #expect(feed.write("100\n", to: "cpu.weight").isEmpty)
        #expect(feed.write("1048576\n", to: "memory.max") == ["memory.max set to 1MiB \(shell)"])
    }

    @Test func changeOfAFileWithoutMetricIsReportedWithItsText() {
        var feed = Feed()
        _ = feed.sample { $0.add("/a") }
        #expect(
            feed.write("300\n", to: "io.bfq.weight").first?.hasPrefix("io.weight") == true)
        #expect(feed.write("1\n", to: "cgroup.procs").isEmpty)
    }

    @Test func ownChangesAreNamedOnlyIfTheWriterMayActForCgwarden() {
        var feed = Feed()
        func write(_ pid: Int32, _ comm: String, _ number: Int) -> [String] {
            feed.write(
                "\(number << 20)\n", to: "memory.max", of: "/ours",
                by: Writer(pid: pid, comm: Array(comm.utf8), user: 0, cgroup: .root))
        }
        _ = feed.sample { $0.add("/ours", ["memory.max": .unlimited]) }
        #expect(
            write(9, "cgwarden", 1) == [
                "memory.max changed from max to 1MiB by cgwarden (rule gap)"
            ])
        #expect(
            write(1, "systemd", 2)
                == ["memory.max changed from 1MiB to 2MiB by cgwarden (rule gap)"])
        #expect(
            write(10, "a\u{1b}b", 3)
                == [#"memory.max changed from 2MiB to 3MiB by a\x1bb (pid 10, uid 0, /)"#])
        #expect(
            feed.sample { $0.add("/ours", ["memory.max": mebibytes(4)]) }
                == ["memory.max changed from 3MiB to 4MiB by cgwarden (rule gap)"])
    }

    /// A tenant could otherwise fill the table of all texts.
    @Test func textsThatAreWrittenAreNotStored() {
        var feed = Feed()
        _ = feed.sample { $0.add("/a", ["cpuset.cpus": word("0-3")]) }
        let before = Word.texts(from: 0).count
        for cpu in 1...200 {
            let old = cpu == 1 ? "0-3" : "1\(cpu - 1)"
            #expect(
                feed.write("1\(cpu)\n", to: "cpuset.cpus")
                    == ["cpuset.cpus changed from \(old) to 1\(cpu) \(shell)"])
        }
        #expect(feed.write("1200\n", to: "cpuset.cpus").isEmpty)
        #expect(Word.texts(from: before).filter { $0.hasPrefix("11") }.isEmpty)
        #expect(feed.sample { $0.add("/a", ["cpuset.cpus": word("1200")]) }.isEmpty)
        #expect(
            feed.sample { $0.add("/a", ["cpuset.cpus": word("7")]) }
                == ["cpuset.cpus changed from 1200 to 7"])
    }

    @Test func aWriterThatHasEndedIsNamedByItsNumber() {
        var feed = Feed()
        _ = feed.sample { $0.add("/a", ["pids.max": .unlimited]) }
        let ended = Writer(pid: 12, comm: nil, user: nil, cgroup: nil)
        #expect(
            feed.write("5\n", to: "pids.max", by: ended)
                == ["pids.max changed from max to 5 by a process that has ended (pid 12)"])
        let hidden = Writer(pid: nil, comm: nil, user: nil, cgroup: nil)
        #expect(
            feed.write("6\n", to: "pids.max", by: hidden) == ["pids.max changed from 5 to 6"])
    }

    @Test func everyMetricOfALimitIsShownOnceUnderTheBestName() {
        let names = ShownLimit.all.map { MetricCatalog[$0.metric.id].name }
        #expect(Set(names).count == names.count)
        func limit(_ metric: String) -> String? {
            ShownLimit.all.first { MetricCatalog[$0.metric.id].name == metric }?.limit.name
        }
        #expect(limit("memory.high") == "memory.high")
        #expect(limit("memory.soft_limit") == "memory.soft_limit")
        #expect(limit("memory.memsw.max") == "memory.memsw.max")
        #expect(limit("cpu.shares") == "cpu.weight")
    }
}
