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
}
