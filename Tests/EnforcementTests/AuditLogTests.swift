import Foundation
import Glibc
import KernelIO
import Policy
import TestSupport
import Testing

@testable import Enforcement

@Suite final class AuditLogTests {
    private let directory = NSTemporaryDirectory() + "cgwarden-audit-\(UUID().uuidString)"
    private var path: String { "\(directory)/log/audit.jsonl" }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private func text(_ name: String = "") -> String? {
        try? String(contentsOfFile: path + name, encoding: .utf8)
    }

    private func write(_ log: AuditLog, _ lines: String...) {
        for line in lines { log.append(Array("\(line)\n".utf8)) }
        #expect(log.waitUntilWritten(within: .seconds(60)))
    }

    @Test func linesAreAppendedAndPrivate() throws {
        let copy = NoticeLog()
        write(AuditLog(path: path, copy: copy), "{\"a\":1}", "{\"a\":2}")
        write(AuditLog(path: path), "{\"a\":3}")
        #expect(text() == "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n")
        var found = stat()
        #expect(unsafe stat(path, &found) == 0 && found.st_mode & 0o777 & ~0o640 == 0)
        #expect(copy.notices.map(\.text) == ["{\"a\":1}", "{\"a\":2}"])
        #expect(copy.notices.allSatisfy { $0.fields == ["CGWARDEN_AUDIT": "1"] })
    }

    @Test func recordIsOneLineOfJSON() throws {
        let record = AuditRecord(
            wallTime: 1_764_000_000_000_001, sequence: 7, phase: .apply, origin: .rule("r"),
            action: "freeze", outcome: .done)
        let log = AuditLog(path: path)
        log.append(record)
        #expect(log.waitUntilWritten(within: .seconds(60)))
        let line = try #require(text())
        #expect(line.hasSuffix("}\n") && line.split(separator: "\n").count == 1)
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        #expect(object?["seq"] as? Int == 7 && object?["rule"] as? String == "r")
    }

    @Test func logIsRotatedAndOldFilesAreLimited() {
        let log = AuditLog(path: path, rotation: .init(mostBytes: 10, kept: 2))
        write(log, "1234567", "2234567", "3234567", "4234567", "5234567")
        #expect(text() == "5234567\n" && text(".1") == "4234567\n" && text(".2") == "3234567\n")
        #expect(text(".3") == nil && log.dropped == 0)
    }

    @Test func logIsReopenedOnRequest() throws {
        let log = AuditLog(path: path)
        write(log, "a")
        try FileManager.default.moveItem(atPath: path, toPath: "\(path).old")
        write(log, "b")
        #expect(text() == nil && text(".old") == "a\nb\n")
        log.reopen()
        write(log, "c")
        #expect(text() == "c\n")
    }

    @Test(.enabled(if: geteuid() == 0, "only root can mount a full disk"))
    func fullDiskIsReportedAndLostLinesCounted() throws {
        let disk = try FullDisk()
        let log = AuditLog(path: disk.file)
        #expect(!log.isFailing)
        write(log, "a", "b")
        #expect(log.isFailing && log.dropped == 2)
        #expect(log.failure?.contains("No space left") == true)
    }

    @Test func logRecoversWhenWritableAgain() throws {
        // A file where the directory should be.
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        #expect(FileManager.default.createFile(atPath: "\(directory)/log", contents: nil))
        let log = AuditLog(path: path)
        write(log, "a")
        #expect(log.isFailing && log.dropped == 1)
        try FileManager.default.removeItem(atPath: "\(directory)/log")
        write(log, "b")
        #expect(!log.isFailing && log.dropped == 1 && text() == "b\n")
    }
}
