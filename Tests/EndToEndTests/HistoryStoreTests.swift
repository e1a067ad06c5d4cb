import CgroupModel
import Foundation
import KernelIO
import Reports
import Synchronization
import TestSupport
import Testing

@testable import History
@testable import Service

/// The history on disk: its tiers, its bounds, and its failures.
@Suite struct HistoryStoreTests {
    private let folder: ScratchFolder
    private var directory: String { folder.path("history") }

    init() throws { folder = try ScratchFolder() }

    private static func origin(run: UInt64 = 1) -> RecordingOrigin {
        RecordingOrigin(bootID: "b-\(run)", kernelRelease: "6.1", pageSize: 4096, runStart: run)
    }

    private func store(
        _ settings: HistorySettings = HistorySettings(), run: UInt64 = 1,
        onChange: @escaping @Sendable (String?) -> Void = { _ in }
    ) -> HistoryStore {
        HistoryStore(directory, settings, Self.origin(run: run), onChange: onChange)
    }

    /// A host whose cgroups work at random, with samples of any distance.
    private struct Host {
        var noise = SeededNoise(seed: 3)
        var usage: [UInt64] = [0, 0, 0]
        var memory: [UInt64] = [10 << 20, 20 << 20, 30 << 20]
        /// Seconds since the start; the wall clock is `shift` microseconds from it.
        var second: UInt64 = 1
        var shift: Int64 = 0
        var generation: UInt64 = 1

        mutating func next(after seconds: UInt64 = 1) -> Snapshot {
            second += seconds
            var builder = SnapshotBuilder()
            builder.tick = second
            builder.wallShift = shift
            builder.seconds = Double(seconds)
            for index in usage.indices {
                let before = usage[index]
                usage[index] += UInt64.random(in: 0..<1_000_000, using: &noise)
                memory[index] = UInt64.random(in: 1 << 20..<1 << 26, using: &noise) & ~4095
                builder.add(
                    "/c\(index)", generation: UInt64(index) * 1000 + generation,
                    [
                        "cpu.usage_usec": Reading(usage[index]),
                        "memory.current": Reading(memory[index]),
                    ], before: ["cpu.usage_usec": Reading(before)])
            }
            return builder.build()
        }
    }

    private func all(_ past: inout Past) throws -> [Snapshot] {
        var read: [Snapshot] = []
        try past.samples(0...(.max), step: nil) {
            read.append($0)
            return true
        }
        return read
    }

    @Test func everySampleIsReadBackFromTheFinestTier() throws {
        var host = Host()
        let store = store()
        let samples = (0..<150).map { _ in host.next() }
        for sample in samples { store.keep(sample) }
        #expect(store.current.failure == nil)
        // A reader sees them while the daemon writes.
        var past = try Past(directory)
        #expect(try all(&past) == samples.map(\.normalised))
        #expect(store.current.newest == samples.last?.wallTime)
        #expect(store.current.oldest == samples.first?.wallTime)
        store.finish()
        past = try Past(directory)
        for sample in [samples[3], samples[77], samples[149]] {
            #expect(try past.snapshot(at: sample.wallTime) == sample.normalised)
            #expect(past.current?.step == 0)
        }
    }

    /// 11 hours with a sample every five seconds, of which six are kept.
    @Test func longHistoryStaysWithinItsSizeAndLosesNoCountAndNoPeak() throws {
        var settings = HistorySettings()
        settings.bounds.everySample = .seconds(600)
        settings.bounds.everyTenSeconds = .seconds(1800)
        settings.bounds.everyMinute = .seconds(21600)
        settings.bounds.largest = 4 << 20
        var host = Host()
        let store = store(settings)
        var peaks: [UInt64: UInt64] = [:]
        var totals: [UInt64: UInt64] = [:]
        for _ in 0..<8000 {
            let sample = host.next(after: 5)
            store.keep(sample)
            let minute = sample.wallTime / 60_000_000
            peaks[minute] = max(peaks[minute] ?? 0, sample[1, .memoryUsage].value ?? 0)
            totals[minute] = sample[1, .cpuUsage].value
        }
        store.finish()
        #expect(store.current.failures == 0)
        var found = HistoryState(directory: directory)
        found.measure()
        let bytes = try #require(found.bytes)
        #expect(bytes > 30_000 && bytes < settings.bounds.largest)
        var past = try Past(directory)
        let span = try #require(past.span)
        // Six hours are kept, and what is younger than the part that is removed next.
        let kept = (span.upperBound - span.lowerBound) / 1_000_000
        #expect(kept >= 21600 && kept <= 21600 * 4 / 3, "\(kept)")
        var previous: PastFrame?
        var frames = 0
        try past.frames(span) { frame in
            guard frame.step == 60_000_000 else { return true }
            let minute = frame.snapshot.wallTime / 60_000_000
            #expect(frame.peaks[1, .memoryUsage].value == peaks[minute])
            #expect(frame.snapshot[1, .cpuUsage].value == totals[minute])
            if let previous {
                let grown =
                    (totals[minute] ?? 0)
                    - (totals[previous.snapshot.wallTime / 60_000_000] ?? 0)
                let seconds = try #require(frame.snapshot.tierTimes[0].seconds)
                let rate = frame.snapshot.rate(1, .cpuUsage) ?? 0
                #expect(UInt64((rate * seconds).rounded()) == grown)
            }
            previous = frame
            frames += 1
            return true
        }
        #expect(frames > 250)
        #expect(past.notes == [])
    }

    @Test func agesAndSizeBoundEachTier() throws {
        func kept(_ change: (inout HistorySettings) -> Void) throws -> [UInt64: Int] {
            try? FileManager.default.removeItem(atPath: directory)
            var settings = HistorySettings()
            change(&settings)
            var host = Host()
            let store = store(settings)
            for _ in 0..<1500 { store.keep(host.next(after: 5)) }
            store.finish()
            var frames: [UInt64: Int] = [:]
            for (path, step) in zip(
                HistoryFolder.paths(in: directory), [UInt64(0), 10_000_000, 60_000_000])
            {
                var past = try Past(path)
                frames[step] = try all(&past).count
            }
            return frames
        }
        let usual = try kept { _ in }
        #expect(usual[60_000_000] ?? 0 >= 120)
        let fine = try kept { $0.bounds.everySample = .seconds(300) }
        #expect(fine[0] ?? 0 < (usual[0] ?? 0) / 2)
        #expect(fine[10_000_000] == usual[10_000_000])
        let medium = try kept { $0.bounds.everyTenSeconds = .seconds(1200) }
        #expect(medium[10_000_000] ?? 0 < (usual[10_000_000] ?? 0) / 2)
        let coarse = try kept { $0.bounds.everyMinute = .seconds(1200) }
        #expect(coarse[60_000_000] ?? 0 < usual[60_000_000] ?? 0)
        let small = try kept { $0.bounds.largest = 1 << 20 }
        #expect(small[0] ?? 0 < usual[0] ?? 0)
    }

    @Test func restartAndRebootContinue() throws {
        var host = Host()
        var samples: [Snapshot] = []
        for run in 1...3 as ClosedRange<UInt64> {
            let store = store(run: run)
            for _ in 0..<40 {
                let sample = host.next()
                samples.append(sample)
                store.keep(sample)
            }
            store.finish()
            // The clock of another boot begins again, and the cgroups are others.
            host.shift += Int64(host.second) * 1_000_000
            host.second = 1
            host.generation += 1
            host.usage = [0, 0, 0]
        }
        var past = try Past(directory)
        #expect(try all(&past) == samples.map(\.normalised))
        _ = try past.snapshot(at: samples[45].wallTime)
        #expect(past.current?.origin == Self.origin(run: 2))
    }

    @Test func clockSetBackBeginsAPart() throws {
        var host = Host()
        var store: HistoryStore? = store()
        var samples = (0..<30).map { _ in host.next() }
        host.shift = -20_000_000
        samples += (0..<10).map { _ in host.next() }
        host.shift = 60_000_000
        samples += (0..<10).map { _ in host.next() }
        for sample in samples { store?.keep(sample) }
        store?.finish()
        store = nil
        var past = try Past(directory)
        #expect(try all(&past) == samples.map(\.normalised))
        #expect(try PartedFile.parts(of: directory + "/fine").count == 1)
        // And so does a daemon that starts with the clock behind.
        host.shift = 0
        let next = self.store(run: 2)
        samples += (0..<10).map { _ in host.next() }
        for sample in samples.suffix(10) { next.keep(sample) }
        past = try Past(directory)
        #expect(try all(&past) == samples.map(\.normalised))
    }

    /// As after kill -9 in the middle of a write: what was whole is kept, and writing continues.
    @Test func tornRecordIsCutOff() throws {
        var noise = SeededNoise(seed: 11)
        var host = Host()
        var samples: [Snapshot] = []
        for run in 1...20 as ClosedRange<UInt64> {
            do {
                let store = store(run: run)
                for _ in 0..<Int.random(in: 1...70, using: &noise) {
                    let sample = host.next()
                    samples.append(sample)
                    store.keep(sample)
                }
            }
            let path = directory + "/fine"
            let size = AppendedFile.size(of: path)
            var scanner = RecordScanner(try RecordingFile(path))
            var last = 0
            while case .record(_, _, let offset)? = try scanner.next() { last = offset }
            let cut = UInt64.random(in: UInt64(last) + 1..<size, using: &noise)
            let file = try #require(FileHandle(forWritingAtPath: path))
            try file.truncate(atOffset: cut)
            try file.close()
            samples.removeLast()
        }
        let store = store(run: 21)
        samples.append(host.next())
        if let last = samples.last { store.keep(last) }
        var past = try Past(directory)
        #expect(try Set(all(&past).map(\.wallTime)) == Set(samples.map(\.wallTime)))
        let known = Dictionary(uniqueKeysWithValues: samples.map { ($0.wallTime, $0) })
        for read in try all(&past) {
            #expect(read.blocks[0].values == known[read.wallTime]?.normalised.blocks[0].values)
        }
        #expect(past.notes == [])
    }

    @Test func garbageInTheFolderCostsOnlyItself() throws {
        var host = Host()
        let samples = (0..<30).map { _ in host.next() }
        do {
            let store = store()
            for sample in samples.prefix(10) { store.keep(sample) }
        }
        try Data("not a recording".utf8).write(to: URL(filePath: directory + "/fine"))
        try Data(repeating: 0, count: 5000).write(to: URL(filePath: directory + "/coarse"))
        let store = store(run: 2)
        for sample in samples.suffix(20) { store.keep(sample) }
        #expect(store.current.failure == nil)
        var past = try Past(directory)
        #expect(try all(&past).suffix(20) == samples.suffix(20).map(\.normalised)[...])
    }

    @Test func failureIsReportedOnceAndEndsWithIt() throws {
        let changes = Mutex<[String?]>([])
        var host = Host()
        // A file where the directory should be.
        try Data().write(to: URL(filePath: directory))
        let record = { @Sendable (failure: String?) in changes.withLock { $0.append(failure) } }
        let store = HistoryStore(
            directory, HistorySettings(), Self.origin(), onChange: record)
        for _ in 0..<25 { store.keep(host.next()) }
        #expect(changes.withLock { $0.count } == 1)
        // Each 10 s it was tried again.
        #expect(store.current.failures == 3)
        try FileManager.default.removeItem(atPath: directory)
        let late = (0..<11).map { _ in host.next() }
        for sample in late { store.keep(sample) }
        #expect(changes.withLock { $0.count } == 2 && changes.withLock { $0.last } == .some(nil))
        #expect(store.current.failure == nil)
        #expect(try Past(directory).span?.upperBound == late.last?.wallTime)
    }

    /// A disk that others need is not filled, although there would be room.
    @Test func freeSpaceIsLeftToOthers() throws {
        let free = Mutex<UInt64>(40 << 20)
        let store = HistoryStore(
            directory, HistorySettings(), Self.origin(),
            space: { _ in FreeSpace(free: free.withLock { $0 }, total: 1 << 30) },
            onChange: { _ in })
        var host = Host()
        for _ in 0..<5 { store.keep(host.next()) }
        #expect(store.current.failure?.contains("is free") == true)
        free.withLock { $0 = 100 << 20 }
        for _ in 0..<12 { store.keep(host.next()) }
        #expect(store.current.failure == nil && store.current.newest != nil)
    }

    /// A step back that only the finest tier can see in its times.
    @Test func smallStepBackIsOnePassInAllTiers() throws {
        var host = Host()
        let store = store()
        var samples = (0..<47).map { _ in host.next() }
        host.shift = -3_000_000
        samples += (0..<100).map { _ in host.next() }
        for sample in samples { store.keep(sample) }
        store.finish()
        var past = try Past(directory)
        #expect(try all(&past) == samples.map(\.normalised))
    }

    @Test func secondWriterIsKeptOut() throws {
        var host = Host()
        let first = store()
        first.keep(host.next())
        let second = store(run: 2)
        second.keep(host.next())
        #expect(second.current.failure?.contains("another process keeps history") == true)
        first.keep(host.next())
        #expect(first.current.failure == nil)
    }

    /// Only root and the group read it.
    @Test func folderIsPrivateToItsReaders() throws {
        var host = Host()
        let store = store()
        store.keep(host.next())
        func mode(_ name: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: directory + name)[.posixPermissions]
                as? Int
        }
        #expect(try mode("") == 0o750)
        #expect(try mode("/fine") == 0o640 && mode("/lock") == 0o600)
        #expect(try mode("/fine.parity") == 0o640)
        try FileManager.default.removeItem(atPath: directory)
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o777], ofItemAtPath: directory)
        let other = self.store(run: 2)
        other.keep(host.next())
        #expect(other.current.failure?.contains("can be written by others") == true)
    }
}
