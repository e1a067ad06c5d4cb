import Foundation
import TestSupport
import Testing

/// Third-party linters on files other than Swift: scripts, units, completions.
@Suite struct LinterTests {
    private static let top = URL(filePath: #filePath).appending(path: "../../..").standardized

    /// Every script of a shell, by its first line.
    private static func scripts() throws -> [String] {
        let folders = ["Tests", "config", ".ci"].map { top.appending(path: $0).path() }
        let result = try ProgramRun.run(
            "grep", ["-rlEI", "--max-count=1", "^#!.*[ /](ba)?sh$"] + folders)
        return result.lines.sorted()
    }

    @Test(
        .enabled(
            if: ProgramRun.isInstalled("shellcheck"), "the package shellcheck is not installed"))
    func shellcheckFindsNothingInTheScripts() throws {
        let scripts = try Self.scripts()
        #expect(scripts.count >= 12, "\(scripts)")
        let result = try ProgramRun.run("shellcheck", scripts)
        #expect(result.status == 0, "\(result.output)\(result.errors)")
    }

    @Test(
        .enabled(if: ProgramRun.isInstalled("systemd-analyze"), "there is no systemd-analyze"),
        arguments: ["cgwarden.service", "cgwarden-exporter.service"])
    func systemdAnalyzeAcceptsTheUnits(unit: String) throws {
        let path = Self.top.appending(path: "config/\(unit)").path()
        let verified = try ProgramRun.run("systemd-analyze", ["verify", "--man=no", path])
        // The program is not installed where it is tested.
        let complaints = verified.errorLines.filter {
            $0.contains("cgwarden") && !$0.contains("/usr/bin/cgwarden is not executable")
        }
        #expect(complaints.isEmpty)
        let exposure = try ProgramRun.run(
            "systemd-analyze",
            ["security", "--offline=true", "--no-pager", "--threshold=40", path])
        let sum = exposure.output.split(separator: "\n").last { $0.contains("Overall exposure") }
        #expect(exposure.status == 0, "\(sum ?? "nothing") \(exposure.errors)")
        #expect(sum != nil)
    }
}
