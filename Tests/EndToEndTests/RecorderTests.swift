import CgroupModel
import Foundation
import Hierarchy
import History
import KernelIO
import Testing
import TestSupport

@testable import Reports
@testable import Service

/// The files of a recording.
@Suite struct RecorderTests {
    private let folder: ProgramCapture
    private let path: String

    init() throws {
        folder = try ProgramCapture(mountinfo: "")
        path = folder.root + "/rec"
    }

    private func recorder(_ bounds: PartBounds = .init()) throws -> Recorder {
        try Recorder(path, bounds, RecordingOrigin(.live))
    }

    /// Snapshots a second apart, each of some 600 bytes.
    private func snapshots(_ ticks: Range<UInt64>) -> [Snapshot] {
        ticks.map { tick in
            var builder = SnapshotBuilder()
            builder.tick = tick
            for index in 0..<150 {
                builder.add(
                    "/c\(index)", ["memory.current": Reading(tick &* 7919 &* UInt64(index) % 65536)]
                )
            }
            return builder.build()
        }
    }

    private func read() throws -> [Snapshot] {
        let recording = try RecordingFiles.open(path)
        #expect(recording.notes == [])
        var cursor = RecordingCursor(recording)
        var all: [Snapshot] = []
        while let next = try cursor.next() { all.append(next) }
        return all
    }

    private var parts: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: folder.root)
                .filter { $0.hasPrefix("rec.") }.sorted()
        }
    }

    @Test func oldestPartIsDroppedAtTheSizeLimit() throws {
        let room: UInt64 = 80_000
        let bounds = PartBounds(bytes: room)
        let recorder = try recorder(bounds)
        let all = snapshots(1..<600)
        for snapshot in all { try recorder.append(snapshot) }
        let parts = try parts
        #expect((4...9).contains(parts.count))
        let total = (parts + ["rec"]).reduce(0) {
            $0 + AppendedFile.size(of: folder.root + "/\($1)")
        }
        #expect(total > room / 2 && total < room * 11 / 10)
        // The rest is the complete end.
        let read = try read()
        #expect(read.count > 20 && read.count < 599)
        #expect(read == all.suffix(read.count).map(\.normalised))
    }

    @Test func oldestPartIsDroppedAtTheAgeLimit() throws {
        let recorder = try recorder(PartBounds(age: 80))
        let all = snapshots(1..<400)
        for snapshot in all { try recorder.append(snapshot) }
        let read = try read()
        #expect(read.count >= 80 && read.count <= 105)
        #expect(read == all.suffix(read.count).map(\.normalised))
    }

    @Test func unboundedRecordingIsOneFile() throws {
        let all = snapshots(1..<200)
        let recorder = try recorder()
        for snapshot in all { try recorder.append(snapshot) }
        #expect(try parts == [])
        #expect(try read() == all.map(\.normalised))
    }

    @Test func filesWithSimilarNamesAreNotTouched() throws {
        for name in ["rec.1", "rec.12345678901234567", "rec.123456789012345x", "record"] {
            try folder.write("mine", to: name)
        }
        let recorder = try recorder(PartBounds(bytes: 8000, age: 5))
        for snapshot in snapshots(1..<100) { try recorder.append(snapshot) }
        #expect(try read().isEmpty == false)
        for name in ["rec.1", "rec.12345678901234567", "rec.123456789012345x", "record"] {
            #expect(try String(contentsOfFile: "\(folder.root)/\(name)", encoding: .utf8) == "mine")
        }
    }

    @Test func clockSetBackKeepsTheOrder() throws {
        let recorder = try recorder(PartBounds(bytes: 800_000))
        let all = Array(snapshots(1000..<1400)) + snapshots(1..<400)
        for snapshot in all { try recorder.append(snapshot) }
        #expect(try parts.count > 1)
        #expect(try read() == all.map(\.normalised))
    }

    @Test func secondRecorderIsRefused() throws {
        let first = try recorder()
        #expect {
            try recorder()
        } throws: {
            ($0 as? CgwardenError)?.status == .temporaryFailure
        }
        try first.append(snapshots(1..<2)[0])
    }

    /// A partial record left by a crash is cut off before the next one is written.
    @Test(arguments: [1, 30, 300]) func recordIsCompleteOrAbsent(cut: Int) throws {
        let all = snapshots(1..<20)
        do {
            let first = try recorder()
            for snapshot in all.prefix(10) { try first.append(snapshot) }
        }
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.truncate(atOffset: AppendedFile.size(of: path) - UInt64(cut))
        try file.close()
        let second = try recorder()
        #expect(try read() == all.prefix(9).map(\.normalised))
        for snapshot in all.dropFirst(9) { try second.append(snapshot) }
        #expect(try read() == all.map(\.normalised))
    }
}
