import Foundation
import Testing

@testable import Enforcement

/// It grew without bound in a directory that is memory, with each death of a daemon.
@Suite struct GuardianLogTests {
    @Test func guardianLogIsTwoFilesOfBoundedSize() throws {
        let folder = "/dev/shm/cgwarden-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let log = GuardianLog(in: folder)
        let line = String(repeating: "x", count: 999)
        for number in 0..<300 { try log.append("\(number) \(line)\n") }
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(files == ["guardian.log", "guardian.log.1"])
        let texts = try files.map {
            try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8)
        }
        #expect(texts.allSatisfy { $0.utf8.count <= GuardianLog.mostBytes && !$0.isEmpty })
        #expect(texts[0].hasSuffix("299 \(line)\n"))
        #expect(texts[1].utf8.count > GuardianLog.mostBytes / 2)
    }

    /// Two guardians of crashed daemons may find the file full at the same time.
    @Test func concurrentGuardiansLoseNoLineAndNoFile() throws {
        let folder = "/dev/shm/cgwarden-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let line = String(repeating: "x", count: 8000) + "\n"
        let failures = Counter()
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for _ in 0..<50 {
                do { try GuardianLog(in: folder).append(line) } catch { failures.increment() }
            }
        }
        #expect(failures.value == 0)
        let sizes = try ["guardian.log", "guardian.log.1"].map {
            try Data(contentsOf: URL(filePath: "\(folder)/\($0)")).count
        }
        #expect(sizes[0] > 0 && sizes[0] <= GuardianLog.mostBytes)
        // A file that is moved away is full.
        #expect(sizes[1] == GuardianLog.mostBytes / line.utf8.count * line.utf8.count)
    }
}
