import CgroupModel
import Events
import Foundation
import Testing

private let time = EventTime(wall: 1_790_000_000_123_456, boot: 12_500_000_000)

private let kill = {
    var kill = OOMKill(microseconds: 1, pid: 4711, comm: Array("py\u{1b}[1m".utf8) + [0xff])
    kill.uid = 1000
    kill.anon = 412 << 20
    kill.cgroup = CgroupPath("/batch/job-7")
    kill.constraint = .memcg
    kill.owner = CgroupPath("/batch")
    kill.limitName = "memory.max"
    kill.limit = 512 << 20
    kill.usage = 512 << 20
    kill.usageFile = 61 << 20
    return kill
}()

@Suite struct EventFormTests {
    private func event(_ kill: OOMKill) -> Event {
        Event(.oomKill, time, kill.cgroup.map { EventCgroup($0) }, kill.details)
    }

    @Test func anOOMKillIsOneSentenceWithOutsideTextEscaped() {
        #expect(
            event(kill).sentence
                == #"py\x1b[1m\xff (pid 4711, uid 1000, 412 MiB anon) killed by the limit of "#
                + "/batch (memory.max 512 MiB; usage 512 MiB, of which 61 MiB file)")
    }

    @Test func aHostKillNamesNoLimit() {
        var kill = kill
        kill.constraint = .host
        kill.uid = nil
        kill.anon = nil
        kill.comm = Array("sh".utf8)
        #expect(event(kill).sentence == "sh (pid 4711) killed because the host ran out of memory")
    }

    @Test func aLineHasTheDateOnlyIfItIsNotTodays() {
        let frozen = Event(.frozen, time, EventCgroup(CgroupPath("/a")))
        let line = frozen.line(now: time.wall)
        #expect(line.hasSuffix(" frozen /a: frozen"))
        #expect(line.prefix { $0 != " " }.count == 8)
        let later = frozen.line(now: time.wall + 3 * 86_400_000_000)
        #expect(later.hasSuffix(line))
        #expect(later.count == line.count + "2026-01-01 ".count)
    }

    @Test func everyKindHasASentence() {
        for kind in EventKind.allCases {
            #expect(!Event(kind, time).sentence.isEmpty)
            #expect(kind.help.hasSuffix("."))
            #expect(Event(kind, time, folded: 812).sentence == "and 812 more")
        }
        #expect(
            Event(.throttled, time, nil, [.state: .text("begin"), .quota: .decimal(0.2)]).sentence
                == "throttled by cpu.max (0.2 CPUs)")
        #expect(
            Event(
                .throttled, time, nil,
                [
                    .state: .text("end"), .throttledTime: .number(3_200_000),
                    .throttledPeriods: .number(1),
                ]
            ).sentence == "no longer throttled; it was throttled for 3.2 s in 1 period")
        #expect(
            Event(.limitHit, time, nil, [.limit: .text("pids.max"), .count: .number(2)]).sentence
                == "hit pids.max (2 times)")
        #expect(
            Event(.died, time, nil, [.lifetime: .number(50_000)]).sentence == "removed after 50 ms")
        let pressure: [EventField: EventValue] = [.resource: .text("memory")]
        #expect(
            Event(
                .pressure, time, nil,
                pressure.merging([.state: .text("begin"), .share: .decimal(12.34)]) { $1 }
            ).sentence == "tasks wait for memory 12.3% of the time")
        #expect(Event(.pressure, time, nil, pressure).sentence == "tasks wait for memory")
        #expect(
            Event(
                .pressure, time, nil,
                pressure.merging([.state: .text("end"), .duration: .number(2_500_000)]) { $1 }
            ).sentence == "tasks no longer wait for memory after 2.5 s")
        #expect(
            Event(
                .action, time, nil,
                [
                    .by: .bytes(Array("rule \u{1b}x".utf8)), .action: .text("set"),
                    .change: .bytes(Array("pids.max=5".utf8)), .result: .text("done"),
                    .reason: .bytes(Array("pids.current >= 1".utf8)),
                ]
            ).sentence == #"rule \x1bx: set pids.max=5 (done: pids.current >= 1)"#)
        #expect(
            Event(
                .action, time, nil,
                [
                    .by: .bytes(Array("limits[0] of g".utf8)), .action: .text("set"),
                    .change: .bytes(Array("pids.max=5".utf8)), .result: .text("dry_run"),
                ]
            ).sentence == "limits[0] of g: would set pids.max=5 (dry run)")
    }

    @Test func jsonHasTheDetailsOfItsKindByName() throws {
        var json = JSONWriter()
        Event(
            .oomKill, time,
            EventCgroup(
                CgroupPath("/system.slice/a.service"), CgroupID(inode: 7, generation: 3)),
            kill.details
        ).write(to: &json)
        let bytes = json.take()
        #expect(!bytes.contains(0x1b))
        let object = try #require(
            JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        #expect(object["kind"] as? String == "oom-kill")
        #expect(object["path"] as? String == "/system.slice/a.service")
        #expect(object["unit"] as? String == "a.service")
        #expect(object["inode"] as? Int == 7)
        #expect(object["pid"] as? Int == 4711)
        #expect(object["limit_owner"] as? String == "/batch")
        #expect(object["limit_bytes"] as? Int == 512 << 20)
        #expect(object["constraint"] as? String == "memcg")
        #expect((object["time"] as? Double).map { abs($0 - 1_790_000_000.123456) < 1e-6 } == true)
        #expect(object["boot_time"] as? Double == 12.5)
        let known = Set(EventKind.oomKill.details.map(\.rawValue)).union([
            "time", "boot_time", "kind", "path", "inode", "generation", "unit",
        ])
        #expect(Set(object.keys).isSubset(of: known))
    }

    @Test func everyFieldBelongsToAKind() {
        // Several events in one have it, of whatever kind.
        let used = Set(EventKind.allCases.flatMap(\.details)).union([.subtree])
        #expect(used == Set(EventField.allCases))
        for field in EventField.allCases { #expect(field.help.hasSuffix(".")) }
    }

    @Test func totalsOfTheLastSampleAreLowerBounds() {
        let details: [EventField: EventValue] = [
            .cpuTime: .number(1_500_000), .memoryPeak: .number(5 << 20), .oomKills: .number(1),
        ]
        func sentence(_ reading: String) -> String {
            let all = details.merging([.reading: .text(reading)]) { first, _ in first }
            return Event(.died, time, EventCgroup(CgroupPath("/a")), all).sentence
        }
        #expect(
            sentence("sample")
                == "removed; it used at least 1.5 s of CPU time, 5 MiB of memory (last sample); "
                + "1 OOM kill")
        #expect(
            sentence("final") == "removed; it used 1.5 s of CPU time, 5 MiB at most; 1 OOM kill")
    }
}
