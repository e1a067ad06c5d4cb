import CgroupModel
import Events
import Exporter
import TestSupport
import Testing

/// The program's own count of OOM kills.
@Suite struct OOMKillTallyTests {
    private struct Cgroup {
        let path: String
        let generation: UInt64
        let local: UInt64?
        var recursive: UInt64?

        init(_ path: String, _ generation: UInt64, local: UInt64?, recursive: UInt64? = nil) {
            self.path = path
            self.generation = generation
            self.local = local
            self.recursive = recursive
        }
    }

    private let ledger = ExportLedger()

    /// Shows a sample, and gives the counts as `slice kind count`.
    private func take(
        _ tick: UInt64, _ cgroups: [Cgroup], by other: ExportLedger? = nil
    ) throws -> [String] {
        let ledger = other ?? ledger
        var builder = SnapshotBuilder()
        builder.tick = tick
        builder.add("/", inode: 1, generation: 1)
        for cgroup in cgroups {
            var readings: [String: Reading] = [:]
            readings["memory.events.local.oom_kill"] = cgroup.local.map { Reading($0) }
            readings["memory.events.oom_kill"] = cgroup.recursive.map { Reading($0) }
            builder.add(
                cgroup.path, inode: cgroup.generation, generation: cgroup.generation, readings)
        }
        ledger.enter(builder.build())
        var encoder = ExporterFixtures.encoder()
        encoder.encode(
            builder.build(), process: ProcessSample(), programFamilies: ledger.families, as: .text)
        let parsed = try ParsedExposition(
            String(decoding: encoder.bytes, as: UTF8.self), openMetrics: false)
        return parsed.samples.filter { $0.name == "cgwarden_oom_kills_total" }.map {
            "\($0.labels["slice"] ?? "?") \($0.labels["kind"] ?? "?") \($0.value)"
        }
    }

    @Test func countOutlivesTheCgroupOnV1() throws {
        // Earlier kills are not counted, but the series exists before the first kill.
        #expect(
            try take(1, [Cgroup("/a.slice/x.service", 5, local: 7)])
                == [" other 0", "a.slice service 0"])
        #expect(try take(2, [Cgroup("/a.slice/x.service", 5, local: 9)])[1] == "a.slice service 2")
        // The same sample and the same count are not new kills.
        #expect(try take(3, [Cgroup("/a.slice/x.service", 5, local: 9)])[1] == "a.slice service 2")
        // Another cgroup at that path was killed once already.
        #expect(try take(4, [Cgroup("/a.slice/x.service", 6, local: 1)])[1] == "a.slice service 3")
        #expect(try take(5, []) == [" other 0", "a.slice service 3"])
    }

    @Test func killOfAVanishedChildIsCountedFromTheParentOnV2() throws {
        let slice = { (recursive: UInt64) in
            Cgroup("/a.slice", 2, local: 0, recursive: recursive)
        }
        let child = Cgroup("/a.slice/x.service", 5, local: 0, recursive: 0)
        #expect(
            try take(1, [slice(3), child])
                == [" other 0", "a.slice service 0", "a.slice slice 0"])
        // It was killed and removed before the next sample.
        #expect(
            try take(2, [slice(5)])
                == [" other 0", "a.slice service 2", "a.slice slice 0"])
        // Created, killed and removed between two samples: its kind is unknown.
        #expect(
            try take(3, [slice(6)])
                == [" other 0", "a.slice other 1", "a.slice service 2", "a.slice slice 0"])
    }

    @Test func killIsCountedOnce() throws {
        func all(_ top: UInt64, _ middle: UInt64, _ leaf: UInt64) -> [Cgroup] {
            [
                Cgroup("/t.slice", 2, local: 0, recursive: top),
                Cgroup("/t.slice/m.slice", 3, local: 0, recursive: middle),
                Cgroup("/t.slice/m.slice/l.scope", 4, local: leaf, recursive: leaf),
            ]
        }
        _ = try take(1, all(0, 0, 0))
        // The leaf was read after the kill, what is above it before.
        #expect(try take(2, all(0, 0, 1)).contains("m.slice scope 1"))
        #expect(try take(3, all(1, 1, 1)).contains("m.slice scope 1"))
        let last = try take(4, all(4, 4, 4))
        #expect(last.contains("m.slice scope 4"))
        #expect(last.filter { $0.hasSuffix(" 0") }.count == last.count - 1)
    }

    @Test func transientSlicesLeaveNoSeries() throws {
        _ = try take(1, [])
        for number in UInt64(2)...20 {
            #expect(try take(number, [Cgroup("/p\(number).slice", number, local: 0)]).count == 2)
        }
        for number in UInt64(30)...560 {
            _ = try take(number, [Cgroup("/p\(number).slice", number, local: 1)])
        }
        let counts = try take(600, [])
        #expect(counts.count == 501)
        #expect(counts.first == " other 31")
        #expect(counts.compactMap { Int($0.split(separator: " ").last ?? "") }.reduce(0, +) == 531)
    }

    @Test func eventsAreCountedInsteadOfSampleCountersIfAvailable() throws {
        let ledger = ExportLedger(countsKillsOf: .events)
        func kill(_ path: String?, folded: UInt64 = 0) -> Event {
            Event(
                .oomKill, EventTime(wall: 1, boot: 1), path.map { EventCgroup(CgroupPath($0)) },
                folded: folded)
        }
        let cgroup = Cgroup("/a.slice/x.service", 5, local: 7)
        #expect(try take(1, [cgroup], by: ledger) == [" other 0", "a.slice service 0"])
        ledger.enter([kill("/a.slice/x.service"), kill("/b.slice/gone.scope"), kill(nil)])
        ledger.enter([kill(nil, folded: 9), Event(.oom, EventTime(wall: 1, boot: 1))])
        // The counters of the same kills are not counted again.
        let later = Cgroup("/a.slice/x.service", 5, local: 8)
        #expect(
            try take(2, [later], by: ledger) == [
                " other 10", "a.slice service 1", "b.slice scope 1",
            ])
    }
}
