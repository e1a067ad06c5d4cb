import CgroupModel
import Foundation
import TestSupport
import Testing

@testable import History

/// kill -9 costs at most the sample being written, and no value is ever wrong.
@Suite struct KilledWriterTests {
    /// The program that writes ``CountingHost`` to all tiers, built next to the tests.
    private static let writer =
        (ProgramRun.cgwarden as NSString).deletingLastPathComponent
        + "/historywriter"
    private static let kills = 25

    /// A hundred kills in four folders, each of which is continued by the next writer.
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func killedWriterLosesAtMostTheSampleBeingWritten(seed: UInt64) throws {
        let folder = try ScratchFolder()
        let directory = folder.path("history")
        var noise = SeededNoise(seed: seed)
        var kept: [ClosedRange<UInt64>] = []
        var first: UInt64 = 1
        for _ in 0..<Self.kills {
            let writer = try ProgramRun(Self.writer, ["endless", directory, "\(first)"])
            let wanted = Int.random(in: 1...150, using: &noise)
            try awaiting("\(wanted) samples; it said: \(writer.errors)") {
                writer.bytes.count >= wanted * 8 || !writer.isRunning
            }
            usleep(UInt32.random(in: 0..<3000, using: &noise))
            writer.send(SIGKILL)
            #expect(try writer.result().status == 128 + SIGKILL)
            let last = first + UInt64(writer.bytes.count / 8) - 1
            let before = kept.last?.lowerBound ?? first
            kept.append(first...last)
            var past = try Past(directory)
            try expectFine(kept.suffix(2), in: &past)
            try expectMedium(first...last, directory)
            #expect(past.notes == [])
            // Cgroups that nobody saw end and begin lie between the runs.
            first = last + UInt64.random(in: 2...30, using: &noise)
            #expect(before < first)
        }
        var past = try Past(directory)
        try expectFine(kept[...], in: &past)
    }

    private static func time(_ second: UInt64) -> UInt64 {
        1_790_000_000_000_000 + second * 1_000_000
    }

    /// Every reported sample is there, at most the next one besides, and all are right.
    private func expectFine(
        _ kept: ArraySlice<ClosedRange<UInt64>>, in past: inout Past
    ) throws {
        for run in kept {
            var read: [Snapshot] = []
            try past.samples(
                Self.time(run.lowerBound)...Self.time(run.upperBound + 1), step: nil
            ) {
                read.append($0)
                return true
            }
            #expect(read.count == run.count || read.count == run.count + 1)
            for (snapshot, second) in zip(read, run.lowerBound...) {
                #expect(snapshot == CountingHost.sample(second).normalised)
            }
        }
    }

    /// Every period that ended is there, with its last sample and its highest memory.
    private func expectMedium(_ run: ClosedRange<UInt64>, _ directory: String) throws {
        guard run.contains(where: { $0 % 10 == 9 && $0 < run.upperBound }) else { return }
        var past = try Past(directory + "/medium")
        var seconds: [UInt64] = []
        try past.frames(Self.time(run.lowerBound)...Self.time(run.upperBound)) { frame in
            let second = frame.snapshot.tick
            let own = CountingHost.sample(second).normalised
            #expect(frame.snapshot.blocks[0].values == own.blocks[0].values)
            #expect(frame.snapshot.cgroups == own.cgroups)
            let period = max(run.lowerBound, second / 10 * 10)...second
            #expect(frame.samples == UInt64(period.count))
            let row = try #require(frame.snapshot.index(of: CgroupPath("/stays2")))
            #expect(
                frame.peaks[row, .memoryUsage].value
                    == period.map { CountingHost.memory($0, 2) }.max())
            seconds.append(second)
            return true
        }
        // The last period may have been written by the sample after the last report.
        let ended = run.filter { $0 % 10 == 9 && $0 < run.upperBound }
        #expect(seconds.filter { $0 < run.upperBound } == ended)
    }
}
