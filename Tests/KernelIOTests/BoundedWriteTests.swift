import CgroupModel
import Foundation
import Glibc
import Synchronization
import Testing

@testable import KernelIO

/// Writes that must not keep their caller for long.
@Suite struct BoundedWriteTests {
    /// As a kernel before 6.16 does, which reclaims in the writer's time.
    @Test func blockedWriteIsAbandonedAtItsDeadline() throws {
        var ends: [Int32] = [0, 0]
        try #require(unsafe pipe(&ends) == 0)
        let writer = OwnedDescriptor(adopting: ends[1])
        let call = BoundedCall(OwnedDescriptor(adopting: ends[0])) { number in
            var byte: UInt8 = 0
            return unsafe read(number, &byte, 1) == 1 ? 7 : errno
        }
        #expect(call.result(within: .milliseconds(50)) == nil)
        // It continues, and so does its file.
        var byte: UInt8 = 1
        #expect(unsafe write(writer.number, &byte, 1) == 1)
        #expect(call.result(within: .seconds(60)) == 7)
    }

    @Test func acceptedWriteSucceeds() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("max\n".utf8).write(to: folder.appending(path: "memory.high"))
        let directory = try OwnedDescriptor.directory(Array(folder.path().utf8))
        try ControlFile.write("4096", to: "memory.high", in: directory, within: .seconds(60))
        #expect(try ControlFile.read("memory.high", in: directory) == Array("4096".utf8))
        let error = #expect(throws: IOError.self) {
            try ControlFile.write("1", to: "memory.max", in: directory, within: .seconds(60))
        }
        #expect(error?.isMissing == true)
    }

    /// A pipe without a reader refuses to be opened so, while it would wait otherwise.
    @Test func openDoesNotBlock() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try #require(unsafe mkfifo(folder.appending(path: "memory.max").path(), 0o600) == 0)
        let directory = try OwnedDescriptor.directory(Array(folder.path().utf8))
        let error = #expect(throws: IOError.self) {
            try ControlFile.write("1", to: "memory.max", in: directory, within: .seconds(60))
        }
        #expect(error?.code == ENXIO)
    }
}
