import CgroupModel
import Foundation
import History
import Policy
import PolicyLanguage
import Testing
import TestSupport

@testable import cgwarden
@testable import Reports
@testable import Service

/// A policy over a recording: what is counted, and that the same files give the same lines.
@Suite struct BacktestTests {
    private struct Bytes: RecordingBytes {
        let name = "memory"
        let all: [UInt8]
        var byteCount: Int { all.count }
        func bytes(_ range: Range<Int>) -> [UInt8] { Array(all[range]) }
    }

    private static let machine = RecordedMachine(
        hasUnified: true, legacy: [], cpus: (0..<4).map { .init(id: $0, core: $0, node: 0) },
        disks: [.init(name: "vda", number: InstanceKey(major: 254, minor: 0))])

    /// One run; at second `n` the numbers of tasks of `/a` and `/b` are the `n`th ones.
    private static func run(
        _ a: [UInt64], _ b: [UInt64] = [], start: UInt64 = 1, machine: RecordedMachine? = machine
    ) -> [UInt8] {
        var encoder = SegmentEncoder(
            RecordingOrigin(
                bootID: "b", kernelRelease: "6.1", pageSize: 4096, runStart: start,
                machine: machine))
        return a.indices.flatMap { second in
            var builder = SnapshotBuilder()
            builder.tick = UInt64(second)
            builder.host.memoryTotal = Reading(1 << 30)
            builder.host.cpuCount = 4
            builder.add("/a", ["pids.current": Reading(a[second]), "cgroup.populated": Reading(1)])
            if second < b.count {
                builder.add(
                    "/b", ["pids.current": Reading(b[second]), "cgroup.populated": Reading(1)])
            }
            return encoder.encode(builder.build())
        }
    }

    private static func policy(_ rule: String) -> [PolicyFile] {
        let text = """
            apiVersion: cgwarden/v1
            groups: {g: {path: "/*"}}
            rules: [{name: many, on: g, \(rule), cooldown: 2s, do: [{log: {level: notice}}]}]
            """
        return [PolicyFile(name: "p.yaml", bytes: Array(text.utf8))]
    }

    private static let policy = policy(
        "when: pids.current > 10, for: 2s, until: pids.current < 5, until_for: 1s")

    private func trial(
        _ bytes: [UInt8], _ files: [PolicyFile] = policy, interval: Duration? = nil
    ) throws -> (tally: BacktestTally, lines: [UInt8]) {
        var lines: [UInt8] = []
        let tally = try Backtest(files, interval: interval).run(
            over: try Past([Bytes(all: bytes)]), isQuiet: true
        ) { for record in $0 { AuditLine.append(record, to: &lines) } }
        return (tally, lines)
    }

    /// Pending 2, active 4, clearing 8, cooldown 9; again pending 12, active 14.
    private static let twice: [UInt64] = [
        1, 1, 20, 20, 20, 20, 20, 20, 1, 1, 20, 20, 20, 20, 20, 20, 20,
    ]

    @Test func firingsTimesAndFlapsAreCounted() throws {
        let quiet = [UInt64](repeating: 1, count: Self.twice.count)
        let tally = try trial(Self.run(Self.twice, quiet)).tally
        #expect(tally.snapshots == 17 && tally.runs == 1 && tally.elapsed == 16_000_000_000)
        #expect(tally.firings.map(\.isCounterfactual) == [false, true])
        #expect(tally.firings.map(\.wallTime).map { $0 % 1_000_000_000 / 1_000_000 } == [4, 14])
        #expect(tally.firings[0].cause?.evidence.map(\.value) == ["20.000"])
        let place = BacktestTally.Place(origin: .rule("many"), path: CgroupPath("/a"))
        let count = try #require(tally.counts[place])
        #expect(count.firings == 2 && count.flaps == 1 && count.actions == 0)
        #expect(tally.counts.count == 1, "nothing is told of who did nothing: \(tally.counts.keys)")
        // 2 to 4 and 12 to 14; 4 to 8 and 14 to 16; 8 to 9; 9 to 11.
        #expect(count.times[.pending] == 4_000_000_000)
        #expect(count.times[.active] == 6_000_000_000)
        #expect(count.times[.clearing] == 1_000_000_000)
        #expect(count.times[.cooldown] == 2_000_000_000)
        let report = BacktestReport(tally)
        #expect(report.text.contains("(counterfactual) pids.current = 20.000"), "\(report.text)")
        #expect(report.text.contains("17 samples in 1 run, 16.0s"), "\(report.text)")
        #expect(report.text.hasSuffix("0 actions\n"), "16 seconds have no hourly rate")
        #expect(report.notes == [])
    }

    /// The comparison alone left out the time in which a rule waits for its condition to clear.
    @Test func comparisonAndSweepCountTheSameActiveTime() throws {
        let tally = try trial(Self.run(Self.twice)).tally
        #expect(tally.total(of: "many").active == 7_000_000_000)
        let text = BacktestComparison(one: tally, other: tally).text
        let row = text.split(separator: "\n").last?.split(separator: " ")
        #expect(row == ["many", "/a", "2", "2", "7.0s", "7.0s", "0", "0"], "\(text)")
    }

    @Test func eachRunStartsFresh() throws {
        let load: [UInt64] = [1, 20, 20, 20, 20]
        let once = try trial(Self.run(load)).lines
        let both = try trial(Self.run(load) + Self.run(load, start: 2))
        #expect(both.lines == once + once)
        #expect(both.tally.runs == 2)
        #expect(both.tally.firings.map(\.isCounterfactual) == [false, false])
    }

    @Test func backtestIsReproducible() async throws {
        var chance = SplitMix(seed: 5)
        let a = (0..<200).map { _ in chance.next() % 20 }
        let b = (0..<200).map { _ in chance.next() % 20 }
        let bytes = Self.run(a, b)
        let first = try trial(bytes).lines
        #expect(first.count > 1000)
        #expect(try trial(bytes).lines == first)
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<8 { group.addTask { try trial(bytes).lines } }
            for try await lines in group { #expect(lines == first) }
        }
    }

    @Test func limitsOfTheRecordingAreNoted() throws {
        let slow = try trial(Self.run([1, 1, 1]), interval: .milliseconds(100)).tally
        #expect(BacktestReport(slow).notes.count == 1)
        #expect(BacktestReport(slow).notes[0].contains("2 samples came more than 2.5 intervals"))
        let text = """
            apiVersion: cgwarden/v1
            groups: {g: {uid: 0}}
            limits: [{on: g, set: {pids.max: 5}}]
            """
        let files = [PolicyFile(name: "p.yaml", bytes: Array(text.utf8))]
        let notes = BacktestReport(try trial(Self.run([1]), files).tally).notes
        #expect(notes.count == 1 && notes[0].hasSuffix("so group g is empty"), "\(notes)")
    }

    @Test func recordingWithoutMountsIsRefused() throws {
        let error = #expect(throws: CgwardenError.self) {
            try trial(Self.run([1], machine: nil))
        }
        #expect(error?.status == .data)
        #expect(error?.message.hasSuffix("record again") ?? false)
    }

    @Test func hostFactsComeFromTheRecording() throws {
        let facts: any CgroupFacts = Self.machine.facts
        #expect(facts.device(named: "/dev/vda") == InstanceKey(major: 254, minor: 0))
        #expect(facts.device(named: "vda") == InstanceKey(major: 254, minor: 0))
        #expect(facts.device(named: "/dev/sda") == nil)
        #expect(Self.machine.mode == .v2)
        var machine = Self.machine
        machine.legacy = [.memory]
        #expect(machine.mode == .hybrid)
        machine.hasUnified = false
        #expect(machine.mode == .v1)
        let host = Self.machine.hostFacts(HostSample())
        #expect(host.cpus == RangeList(0..<4) && host.nodes == [0: RangeList(0..<4)])
        #expect(host.memoryBytes == nil)
    }

    @Test func sweepParsesRangesOfValues() throws {
        #expect(Sweep(argument: "x=70%..90%/3")?.values == ["70%", "80%", "90%"])
        #expect(Sweep(argument: "x=70..90%/3")?.values == ["70%", "80%", "90%"])
        #expect(
            Sweep(argument: "x=0.1cpus..0.2cpus/3")?.values == ["0.1cpus", "0.15cpus", "0.2cpus"])
        #expect(Sweep(argument: "x=9s..1s")?.values == ["9s", "7s", "5s", "3s", "1s"])
        for wrong in [
            "", "x", "x=", "x=1", "x=1..", "x=..2", "x=1..2/1", "x=1..2/101", "x=1..2/", "=1..2",
            "x=1s..2%", "x=1..2/3/4", "x y=1..2", "x=a..b",
        ] {
            #expect(Sweep(argument: wrong) == nil, "\(wrong)")
        }
        let files = Self.policy("when: 'pids.current > ${most}', until: pids.current < 5")
        let sweep = try #require(Sweep(argument: "most=10..30/3"))
        var fired: [Int] = []
        for value in sweep.values {
            fired.append(
                try trial(Self.run(Self.twice), sweep.files(files, value)).tally.firings.count)
        }
        #expect(fired == [2, 0, 0])
        #expect(throws: CgwardenError.self) { try sweep.files(Self.policy, "1") }
    }
}

/// A row of numbers that looks like chance.
private struct SplitMix {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
