import CgroupModel
import Foundation
import KernelIO
import TestSupport
import Testing

@testable import History

/// Thirty days on disk with all that happens to a host meanwhile.
@Suite struct MonthTests {
    private static let minute: UInt64 = 60_000_000
    private static let day: UInt64 = 86_400

    /// A host that is sampled twice, half a minute apart, in each period of eight minutes.
    ///
    /// `/stays` is there all the time, `/old` is renamed to `/new`, and `/web` is created again
    /// each day.
    private struct Host {
        var noise = SeededNoise(seed: 17)
        /// Seconds of the boot, and the seconds since the start.
        var second: UInt64 = 250
        var elapsed: UInt64 = 0
        var shift: Int64 = 0
        var boot: UInt64 = 1
        var usage: [UInt64] = [0, 0, 0]
        var birth: UInt64 = 0
        var hasNewMetric = false
        private var isSecond = false

        mutating func reboot() {
            // The wall clock goes on, and it takes a minute.
            shift += Int64(second + 60) * 1_000_000
            elapsed += 60
            second = 0
            boot += 1
            usage = [0, 0, 0]
        }

        mutating func next() -> Snapshot {
            let seconds: UInt64 = isSecond ? 30 : 450
            isSecond.toggle()
            second += seconds
            elapsed += seconds
            if elapsed / MonthTests.day != birth {
                birth = elapsed / MonthTests.day
                usage[2] = 0
            }
            var builder = SnapshotBuilder()
            builder.tick = second
            builder.wallShift = shift
            builder.seconds = Double(seconds)
            let paths = ["/stays", elapsed < 4 * MonthTests.day ? "/old" : "/new", "/web"]
            for (number, path) in paths.enumerated() {
                let before = usage[number]
                usage[number] += UInt64.random(in: 0..<30_000_000, using: &noise)
                var readings = [
                    "cpu.usage_usec": Reading(usage[number]),
                    "memory.current": Reading(
                        UInt64.random(in: 0..<1 << 35, using: &noise) & ~4095),
                    hasNewMetric ? "pids.peak" : "pids.max": Reading(7),
                ]
                if number == 0 { readings["memory.max"] = .unlimited }
                let born = number == 2 ? birth * 10 : 0
                builder.add(
                    path, inode: 10 + UInt64(number) + born,
                    generation: boot * 100_000 + UInt64(number) + born, readings,
                    before: ["cpu.usage_usec": Reading(before)])
            }
            return builder.build()
        }
    }

    private func origin(_ host: Host) -> RecordingOrigin {
        RecordingOrigin(
            bootID: "b-\(host.boot)", kernelRelease: "6.1", pageSize: 4096, runStart: host.elapsed)
    }

    /// Writes the month; returns its samples.
    private func write(_ directory: String, _ bounds: HistoryBounds) throws -> [Snapshot] {
        var host = Host()
        var samples: [Snapshot] = []
        let readers = AppendedFile.Readers(group: nil)
        _ = try OwnDirectory(making: directory, readers: readers)
        func days(_ count: UInt64) throws {
            var tiers = try HistoryTiers(directory, bounds, origin(host), readers)
            for _ in 0..<count * Self.day / 240 {
                let sample = host.next()
                samples.append(sample)
                try tiers.take(sample)
            }
            try tiers.finish()
        }
        try days(8)
        // Suspended for eight hours.
        host.second += 8 * 3600
        host.elapsed += 8 * 3600
        try days(4)
        // The clock is set forward, then back.
        host.shift += 3_600_000_000
        try days(3)
        host.shift -= 1_800_000_000
        try days(3)
        host.reboot()
        try days(4)
        // The next version reads one metric more and one less.
        host.hasNewMetric = true
        try days(8)
        return samples
    }

    @Test func monthStaysWithinItsSizeAndLosesNoCountAndNoPeak() throws {
        let folder = try ScratchFolder()
        let directory = folder.path("history")
        var bounds = HistoryBounds()
        bounds.largest = 8 << 20
        let samples = try write(directory, bounds)
        let size = folder.names("history").reduce(0) {
            $0 + AppendedFile.size(of: "\(directory)/\($1)")
        }
        #expect(size > 250_000 && size < bounds.largest, "\(size)")
        let places = Dictionary(
            uniqueKeysWithValues: samples.enumerated().map {
                (Moment(boot: $1.cgroups[0].id.generation, tick: $1.tick), $0)
            })
        #expect(places.count == samples.count)

        // The kept frames divide the samples of a month among them.
        var past = try Past(directory + "/coarse")
        var next: Int?
        var before: (place: Int, snapshot: Snapshot)?
        var frames = 0
        var rates = 0
        try past.frames(0...(.max)) { frame in
            let snapshot = frame.snapshot
            let moment = Moment(
                boot: snapshot.cgroups[0].id.generation, tick: snapshot.tick)
            let place = try #require(places[moment])
            let first = place + 1 - Int(frame.samples)
            #expect(next == nil || next == first)
            next = place + 1
            let own = samples[place].normalised
            #expect(snapshot.wallTime == own.wallTime && snapshot.cgroups == own.cgroups)
            #expect(snapshot.schema == own.schema)
            #expect(snapshot.blocks[0].values == own.blocks[0].values)
            for row in snapshot.cgroups.indices {
                let id = snapshot.cgroups[row].id
                let all = samples[first...place].compactMap { sample in
                    sample.cgroups.firstIndex { $0.id == id }.flatMap {
                        sample[$0, .memoryUsage].value
                    }
                }
                #expect(frame.peaks[row, .memoryUsage].value == all.max())
                try expectGrowth(of: row, in: snapshot, since: before?.snapshot, &rates)
            }
            before = (place, snapshot)
            frames += 1
            return true
        }
        #expect(next == samples.count)
        #expect(frames > 5_000 && rates > 3 * (frames - 10))
        #expect(past.notes == [])
        let span = try #require(past.span)
        let kept = (span.upperBound - span.lowerBound) / 1_000_000 / Self.day
        #expect(kept >= 30 && kept <= 34, "\(kept) days")

        try expectTimes(samples, directory)
    }

    private struct Moment: Hashable {
        let boot: UInt64
        let tick: UInt64
    }

    /// A rate covers the time since the kept sample before, for the same cgroup only.
    private func expectGrowth(
        of row: Int, in snapshot: Snapshot, since before: Snapshot?, _ rates: inout Int
    ) throws {
        // The first kept sample of a run has no other one as its baseline.
        guard let before, snapshot.tierTimes[0].before == before.tierTimes[0].now else { return }
        rates += 1
        let rate = snapshot.rate(row, .cpuUsage)
        let id = snapshot.cgroups[row].id
        guard let old = before.cgroups.firstIndex(where: { $0.id == id }) else {
            #expect(rate == nil)
            return
        }
        let grown =
            (snapshot[row, .cpuUsage].value ?? 0) - (before[old, .cpuUsage].value ?? 0)
        let seconds = try #require(snapshot.tierTimes[0].seconds)
        #expect(UInt64(((rate ?? 0) * seconds).rounded()) == grown)
    }

    /// Any time gives the newest sample before it, from whichever tier has it.
    private func expectTimes(_ samples: [Snapshot], _ directory: String) throws {
        var past = try Past(directory)
        var noise = SeededNoise(seed: 4)
        // The times of the hour that exists twice have two answers.
        let late = samples.filter { $0.wallTime > samples[0].wallTime + 20 * Self.day * 1_000_000 }
        for _ in 0..<60 {
            let place = Int.random(in: 2..<late.count, using: &noise)
            let found = try #require(
                try past.snapshot(
                    at: late[place].wallTime + UInt64.random(in: 0..<1_000_000, using: &noise)))
            // In the coarse tier it may be the last one of the period before.
            #expect(late[place].wallTime - found.wallTime < 9 * Self.minute)
            #expect(late[place - 2...place].contains { $0.wallTime == found.wallTime })
        }
        var days = 0
        try past.samples(0...(.max), step: Self.day * 1_000_000) { _ in
            days += 1
            return true
        }
        #expect((30...36).contains(days), "\(days)")
        let newest = try #require(try past.snapshot(at: .max))
        #expect(newest == samples.last?.normalised)
        #expect(past.notes == [])
    }
}
