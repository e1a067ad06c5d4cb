import CgroupModel
import Foundation
import TestSupport
import Testing

@testable import History

/// A recording that is read while another process writes it.
@Suite struct RecordingTailTests {
    private let folder: ScratchFolder
    private let path: String
    private var encoder = SegmentEncoder(
        RecordingOrigin(bootID: "b", kernelRelease: "6.1", pageSize: 4096, runStart: 1),
        keyframeInterval: 3)

    init() throws {
        folder = try ScratchFolder()
        path = folder.path("fine")
    }

    private func snapshot(_ second: UInt64) -> Snapshot {
        var builder = SnapshotBuilder()
        builder.tick = second
        builder.add("/a", ["memory.current": Reading(second)])
        return builder.build().normalised
    }

    private func append(_ bytes: [UInt8]) throws {
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        try file.seekToEnd()
        try file.write(contentsOf: Data(bytes))
        try file.close()
    }

    @Test mutating func eachCallReturnsTheNewestSnapshotOnce() throws {
        var tail = RecordingTail(path)
        #expect(try tail.newest() == nil)
        for second: UInt64 in 1...5 { try append(encoder.encode(snapshot(second))) }
        #expect(try tail.newest() == snapshot(5))
        #expect(try tail.newest() == nil)
        for second: UInt64 in 6...11 {
            try append(encoder.encode(snapshot(second)))
            #expect(try tail.newest() == snapshot(second))
        }
        tail.rewind()
        #expect(try tail.newest() == snapshot(11))
    }

    @Test mutating func incompleteRecordIsTakenWhenItIsWhole() throws {
        try append(encoder.encode(snapshot(1)))
        var tail = RecordingTail(path)
        #expect(try tail.newest() == snapshot(1))
        let next = encoder.encode(snapshot(2))
        try append(Array(next.dropLast(3)))
        #expect(try tail.newest() == nil)
        try append(Array(next.suffix(3)))
        #expect(try tail.newest() == snapshot(2))
    }

    @Test mutating func cgroupsThatAreLeftOutAreCounted() throws {
        let omissions = [
            Omission(path: CgroupPath("/a"), count: 3), Omission(path: CgroupPath("/b"), count: 4),
        ]
        try append(encoder.encode(snapshot(1), omissions: omissions))
        var tail = RecordingTail(path)
        #expect(try tail.newest() == snapshot(1))
        #expect(tail.leftOut == 7)
        try append(encoder.encode(snapshot(2)))
        #expect(try tail.newest() == snapshot(2))
        #expect(tail.leftOut == 0)
    }

    @Test mutating func nextFileIsFollowed() throws {
        try append(encoder.encode(snapshot(1)))
        var tail = RecordingTail(path)
        #expect(try tail.newest() == snapshot(1))
        try FileManager.default.moveItem(atPath: path, toPath: path + ".1790000001000000")
        #expect(try tail.newest() == nil)
        _ = encoder.endSegment()
        try append(encoder.encode(snapshot(2)))
        #expect(try tail.newest() == snapshot(2))
    }

    @Test mutating func damageCostsAtMostItsSegment() throws {
        try append(encoder.encode(snapshot(1)))
        var tail = RecordingTail(path)
        #expect(try tail.newest() == snapshot(1))
        var bad = encoder.encode(snapshot(2))
        bad[bad.count - 1] ^= 1
        try append(bad)
        #expect(try tail.newest() == nil)
        try append(encoder.encode(snapshot(3)))
        #expect(try tail.newest() == nil)
        try append(encoder.encode(snapshot(4)))
        #expect(try tail.newest() == snapshot(4))
    }
}
