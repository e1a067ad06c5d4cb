import Foundation
import TestSupport
import Testing

/// Reports of `restore` on what it skips.
@Suite struct RestoreCommandTests {
    private func run(
        _ arguments: [String], state: String = "/dev/shm/cgwarden-test-\(UUID().uuidString)"
    ) throws -> ProgramRun.Result {
        try ProgramRun.run(
            ProgramRun.cgwarden, arguments, environment: ["CGWARDEN_STATE_DIRECTORY": state])
    }

    @Test func restoreOfAnUnknownCgroupFails() throws {
        for name in ["/cgwarden-test-nope", "cgwarden-test-nope", "/cgwarden-test-nope/below"] {
            let result = try run(["restore", name])
            #expect(result.status == 66 && result.output.isEmpty, "\(result)")
            #expect(result.errors.contains("cgwarden-test-nope"), "\(result)")
        }
        #expect(try run(["restore", "/"]).output == "nothing to undo\n")
        #expect(try run(["restore"]).output == "nothing to undo\n")
    }

    @Test func relativeStateDirectoryIsRefused() throws {
        let name = "cgwarden-test-\(UUID().uuidString)"
        let byVariable = try run(["restore"], state: name)
        #expect(byVariable.status == 64, "\(byVariable)")
        #expect(byVariable.errors.contains("absolute path"), "\(byVariable)")
        let byOption = try run(["daemon", "--web.listen-address", "-", "--state-dir", name])
        #expect(byOption.status == 64, "\(byOption)")
        #expect(byOption.errors.contains("absolute path"), "\(byOption)")
        #expect(!FileManager.default.fileExists(atPath: "/\(name)"))
        #expect(!FileManager.default.fileExists(atPath: name))
    }

    @Test func ownerOptionAcceptsAllDaemonAndPerson() throws {
        for owner in ["all", "daemon", "person"] {
            #expect(try run(["restore", "--owner", owner]).output == "nothing to undo\n")
        }
        #expect(try run(["restore", "--owner", "root"]).status == 64)
    }

    /// A bare `restore` would take back what a person has set.
    @Test func unitRestoresOnlyTheDaemonsChangesAfterACrash() throws {
        let unit = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../config/cgwarden.service")
        let text = try String(contentsOf: unit, encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("ExecStopPost=") })
        #expect(line.contains("cgwarden restore --owner daemon'"), "\(line)")
    }
}
