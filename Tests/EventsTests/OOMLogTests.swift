import CgroupModel
import Events
import Foundation
import Testing

/// Kernel logs in `Tests/Fuzz/Corpus/kernel-log`, a record per line as `/dev/kmsg` returns them.
private func log(_ name: String) throws -> [[UInt8]] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fuzz/Corpus/kernel-log/\(name)")
    return try Data(contentsOf: file).split(separator: 0x0a).map { Array($0) }
}

private func findings(_ records: [[UInt8]]) -> [OOMLog.Result] {
    var parser = OOMLog()
    return records.map { parser.read($0.span) }.filter { $0 != .nothing }
}

private func kills(_ name: String) throws -> [OOMKill] {
    try findings(log(name)).compactMap { if case .kill(let kill) = $0 { kill } else { nil } }
}

@Suite struct OOMLogTests {
    @Test func v1ReportNamesVictimOwnerLimitAndUsage() throws {
        var wanted = OOMKill(microseconds: 10_000_063, pid: 30186, comm: Array("perl".utf8))
        wanted.uid = 1000
        wanted.anon = 204160 << 10
        wanted.file = 4572 << 10
        wanted.shmem = 8 << 10
        wanted.cgroup = CgroupPath("/a/b/c")
        wanted.constraint = .memcg
        wanted.owner = CgroupPath("/a")
        wanted.limitName = "memory.max"
        wanted.limit = 200 << 20
        wanted.usage = 200 << 20
        wanted.usageFile = 1_048_576
        #expect(try kills("v1-6.18") == [wanted])
    }

    /// The name stands at the beginning of the line that begins a report.
    @Test func aProcessThatIsNamedLikeAReportDoesNotHideTheOwner() throws {
        let first = try log("v1-6.18")
        let second = first.map { record in
            let text = String(decoding: record, as: UTF8.self)
            guard let cut = text.firstRange(of: " invoked oom-killer: "),
                let start = text.firstIndex(of: ";")
            else { return record }
            return Array((text[...start] + "Killed process " + text[cut.lowerBound...]).utf8)
        }
        #expect(second != first)
        let found = findings(first + second)
        let wanted = try #require(try kills("v1-6.18").first)
        #expect(found == [.kill(wanted), .kill(wanted)])
    }

    @Test func v2ReportWithStatisticsInOneRecordIsUnderstood() throws {
        let kill = try #require(try kills("v2-6.1").first)
        #expect(kill.pid == 4711)
        #expect(kill.cgroup == CgroupPath("/batch/job-7"))
        #expect(kill.owner == CgroupPath("/batch"))
        #expect(kill.usageFile == 63_963_136)
    }

    @Test func reportOfLinux418NamesTheLimitThatWasReached() throws {
        let kill = try #require(try kills("v1-4.18").first)
        #expect(kill.pid == 812)
        #expect(kill.uid == nil)
        #expect(kill.constraint == .memcg)
        #expect(kill.cgroup == CgroupPath("/a/job"))
        #expect(kill.owner == CgroupPath("/a"))
        #expect(kill.limitName == "memory.max")
        #expect(kill.limit == 50 << 20)
    }

    @Test func memoryAndSwapLimitIsNamedIfOnlyThatIsReached() throws {
        let records = try log("v1-4.18").map { record in
            let text = String(decoding: record, as: UTF8.self)
            return Array(text.replacing("usage 51200kB", with: "usage 40000kB").utf8)
        }
        guard case .kill(let kill)? = findings(records).first else {
            Issue.record("no kill")
            return
        }
        #expect(kill.limitName == "memory.memsw.max")
        #expect(kill.limit == 60 << 20)
        #expect(kill.usage == 60 << 20)
    }

    @Test func reportOfLinux50HasItsCauseInTheLineBefore() throws {
        let kill = try #require(try kills("v1-5.0").first)
        #expect(kill.pid == 813)
        #expect(kill.uid == 7)
        #expect(kill.cgroup == CgroupPath("/a/job"))
        #expect(kill.owner == CgroupPath("/a"))
    }

    @Test func hostAndCpusetKillsHaveNoOwner() throws {
        let kills = try kills("host-5.15")
        #expect(kills.map(\.constraint) == [.host, .cpuset])
        #expect(kills.map(\.owner) == [nil, nil])
        #expect(
            kills.map(\.cgroup) == [
                CgroupPath("/user.slice/user-1000.slice/app"), CgroupPath("/numa"),
            ])
        #expect(kills[0].comm == Array("Isolated Web Co".utf8))
    }

    @Test func groupKillReportsEachVictimOnce() throws {
        let findings = findings(try log("group-6.1"))
        #expect(findings.count == 3)
        #expect(findings.last == .repeated)
        let kills = try kills("group-6.1")
        #expect(kills.map(\.pid) == [201, 200])
        #expect(kills.map(\.cgroup) == [CgroupPath("/g/x"), CgroupPath("/g")])
        #expect(kills.map(\.owner) == [CgroupPath("/g"), CgroupPath("/g")])
    }

    @Test func recordThatIsOlderThanTheOneBeforeContinuesTheReport() throws {
        let records = try log("group-6.1").map { record in
            Array(
                String(decoding: record, as: UTF8.self).replacing("50000007", with: "50000004")
                    .utf8)
        }
        #expect(
            findings(records)
                == findings(try log("group-6.1")).map { finding in
                    guard case .kill(var kill) = finding, kill.pid == 200 else { return finding }
                    kill.microseconds = 50_000_004
                    return .kill(kill)
                })
    }

    @Test func inAStormAVictimWithoutAReportGetsNoneOfAnother() throws {
        let kills = try kills("storm-6.18")
        #expect(kills.map(\.pid) == [10, 11, 12, 13, 14])
        #expect(
            kills.map(\.cgroup) == [CgroupPath("/a/b"), nil, nil, CgroupPath("/g"), nil])
        #expect(kills.map(\.owner) == [CgroupPath("/a"), nil, nil, nil, nil])
        #expect(kills.map(\.limit) == [4 << 20, nil, nil, nil, nil])
        #expect(kills.allSatisfy { $0.constraint == .memcg })
        #expect(try findings(log("storm-6.18")).count { $0 == .repeated } == 1)
    }

    @Test func aKillWithAnotherCauseIsNotInTheCgroupThatWasKilled() throws {
        let line = "3,1,80001004,-;Out of memory: Killed process 15 (hog) total-vm:9kB"
        let records = try log("storm-6.18").dropLast() + [Array(line.utf8)]
        guard case .kill(let kill)? = findings(Array(records)).last else {
            Issue.record("no kill")
            return
        }
        #expect(kill.pid == 15)
        #expect(kill.cgroup == nil)
        #expect(kill.constraint == .host)
    }

    /// On Linux 4.19 the further victims of a cgroup have no cause, and each report begins with a
    /// line of its own.
    @Test func anAnnouncedVictimIsNotInTheCgroupThatWasKilled() throws {
        let records = [
            "3,1,1,-;Memory cgroup out of memory: Kill process 20 (hog) score 990",
            "3,2,2,-;Killed process 20 (hog) total-vm:9kB",
            "6,3,3,-;Tasks in /g are going to be killed due to memory.oom.group set",
            "3,4,4,-;Killed process 21 (hog) total-vm:9kB",
            "3,5,5,-;Memory cgroup out of memory: Kill process 22 (hog) score 990",
            "3,6,6,-;Killed process 22 (hog) total-vm:9kB",
        ].map { Array($0.utf8) }
        let kills = findings(records).compactMap {
            if case .kill(let kill) = $0 { kill } else { nil }
        }
        #expect(kills.map(\.pid) == [20, 21, 22])
        #expect(kills.map(\.cgroup) == [nil, CgroupPath("/g"), nil])
        #expect(kills.allSatisfy { $0.constraint == .memcg })
    }

    @Test func namesThatImitateTheReportDoNotMisleadAndProcessesCannotLogAsKernel() throws {
        let kills = try kills("hostile-6.18")
        #expect(kills.map(\.pid) == [77])
        #expect(kills[0].comm == Array("x) total-vm:1kB".utf8))
        #expect(kills[0].owner == CgroupPath("/t,task_memcg=/t"))
        #expect(
            kills[0].cgroup == CgroupPath("/t,task_memcg=/t/é\u{1b}\\,task=root,pid=1,uid=0"))
        #expect(kills[0].uid == 1001)
        #expect(kills[0].anon == 8192)
    }

    @Test func continuedLinesAreJoined() throws {
        let kill = try #require(try kills("continued-6.18").first)
        #expect(kill.owner == CgroupPath("/long"))
        #expect(kill.cgroup == CgroupPath("/long/b"))
        #expect(kill.usageFile == 8192)
    }

    @Test func lostRecordsLeaveTheVictimWithoutAWrongCgroup() throws {
        let records = try log("v1-6.18")
        var parser = OOMLog()
        for record in records.dropLast(2) { _ = parser.read(record.span) }
        parser.forgetReport()
        let line = records[records.count - 2]
        guard case .kill(let kill) = parser.read(line.span) else {
            Issue.record("no kill")
            return
        }
        #expect(kill.pid == 30186)
        #expect(kill.cgroup == nil)
        #expect(kill.owner == nil)
        #expect(kill.constraint == .memcg)
    }

    @Test func aReportDoesNotLeakIntoTheNextOne() throws {
        let records = try log("v1-6.18") + log("host-5.15")
        let last = try #require(findings(records).last)
        guard case .kill(let kill) = last else {
            Issue.record("no kill")
            return
        }
        #expect(kill.usage == nil)
        #expect(kill.limit == nil)
        #expect(kill.owner == nil)
    }

    @Test func truncatedRecordsAreNotFatal() throws {
        for name in ["v1-6.18", "v2-6.1", "v1-4.18", "group-6.1", "hostile-6.18", "continued-6.18"]
        {
            let records = try log(name)
            for place in records.indices {
                for length in stride(from: 0, to: records[place].count, by: 3) {
                    var cut = records
                    cut[place] = Array(cut[place].prefix(length))
                    _ = findings(cut)
                }
            }
        }
    }
}
