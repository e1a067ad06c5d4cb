import Foundation
import TestSupport
import Testing

/// The results of `make install` and `make deb`; nothing is installed here.
@Suite struct InstallTests {
    private static let top = URL(filePath: #filePath).appending(path: "../../..").standardized

    private func folder() throws -> String {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "cgwarden-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder.path()
    }

    private func install(_ words: String..., into folder: String) throws {
        let script = Self.top.appending(path: "config/install").path()
        let result = try ProgramRun.run(
            script, words + [ProgramRun.cgwarden], environment: ["DESTDIR": folder])
        #expect(result.status == 0, "\(result.errors)")
    }

    private func files(_ folder: String) throws -> Set<String> {
        let result = try ProgramRun.run("find", [folder, "-type", "f", "-printf", "/%P\n"])
        return Set(result.lines)
    }

    @Test func uninstallRemovesAllButConfiguration() throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try install(into: folder)
        let installed = try files(folder)
        let places = [
            "/usr/local/bin/cgwarden", "/usr/local/share/man/man1/cgwarden-top.1",
            "/usr/local/share/man/man5/cgwarden-policy.5",
            "/usr/local/share/bash-completion/completions/cgwarden",
            "/usr/local/share/zsh/site-functions/_cgwarden",
            "/usr/local/share/fish/vendor_completions.d/cgwarden.fish",
            "/usr/local/lib/systemd/system/cgwarden.service",
            "/usr/local/lib/tmpfiles.d/cgwarden.conf",
            "/usr/local/share/doc/cgwarden/examples/policy.d/20-database.yaml",
            "/etc/cgwarden/cgwarden.yaml",
        ]
        for place in places { #expect(installed.contains(place), "\(place)") }
        let binary = "\(folder)/usr/local/bin/cgwarden"
        #expect(try Self.size(binary) < Self.size(ProgramRun.cgwarden) / 4 * 3, "it is stripped")
        let unit = try String(
            contentsOfFile: "\(folder)/usr/local/lib/systemd/system/cgwarden.service",
            encoding: .utf8)
        #expect(unit.contains("ExecStart=/usr/local/bin/cgwarden daemon"))

        let settings = URL(filePath: "\(folder)/etc/cgwarden/cgwarden.yaml")
        try Data("interval: 2s\n".utf8).write(to: settings)
        try install(into: folder)
        #expect(try String(contentsOf: settings, encoding: .utf8) == "interval: 2s\n")
        try install("--remove", into: folder)
        #expect(try files(folder) == ["/etc/cgwarden/cgwarden.yaml"])
    }

    private static func size(_ file: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0
    }

    @Test func archiveIsReproducibleAndHasChecksums() throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let script = Self.top.appending(path: "config/dist").path()
        let archives = try ["a", "b"].map { name in
            let result = try ProgramRun.run(
                script, ["--quick", ProgramRun.cgwarden, "\(folder)/\(name)"],
                environment: ["SOURCE_DATE_EPOCH": "1764000000"])
            #expect(result.status == 0, "\(result.errors)")
            return result.output.trimmingCharacters(in: .newlines)
        }
        #expect(try ProgramRun.run("cmp", archives).status == 0)
        let check =
            "cd '\(folder)/a' && sha256sum --check --quiet *.sha256 && tar -xzf *.tar.gz "
            + "&& cd cgwarden-*/ && sha256sum --check --quiet SHA256SUMS && bin/cgwarden --version"
        let checked = try ProgramRun.run("bash", ["-c", check])
        #expect(checked.status == 0, "\(checked.errors)")
        #expect(
            archives[0].hasSuffix(
                "/cgwarden-\(checked.lines[0])-linux-\(try Self.machine()).tar.gz"))
        let inside = try files("\(folder)/a").map { $0.split(separator: "/").dropFirst() }
            .map { $0.joined(separator: "/") }
        let wanted = [
            "bin/cgwarden", "share/man/man1/cgwarden-top.1", "share/man/man7/cgwarden-api.7",
            "share/bash-completion/completions/cgwarden", "lib/systemd/system/cgwarden.service",
            "share/doc/cgwarden/examples/policy.d/20-database.yaml",
            "share/doc/cgwarden/examples/cgwarden.yaml", "share/cgwarden/dashboards/runbook.md",
            "INSTALL", "LICENSE", "SHA256SUMS",
        ]
        for file in wanted { #expect(inside.contains(file), "\(file)") }
    }

    private static func machine() throws -> String {
        try ProgramRun.run("uname", ["-m"]).lines[0]
    }

    @Test(
        .enabled(
            if: ProgramRun.isInstalled("dpkg-shlibdeps"), "the package dpkg-dev is not installed"))
    func packageIsReproducible() throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let script = Self.top.appending(path: "config/debian/build").path()
        let packages = try ["a", "b"].map { name in
            let result = try ProgramRun.run(
                script,
                ["--quick", "--version", "1.0-1", ProgramRun.cgwarden, "\(folder)/\(name)"],
                environment: ["SOURCE_DATE_EPOCH": "1764000000"])
            #expect(result.status == 0, "\(result.errors)")
            return result.output.trimmingCharacters(in: .newlines)
        }
        #expect(try ProgramRun.run("cmp", packages).status == 0)
        func field(_ name: String) throws -> String {
            try ProgramRun.run("dpkg-deb", ["--field", packages[0], name]).output
        }
        #expect(try field("Version") == "1.0-1\n")
        #expect(try field("Depends").contains("libsystemd0"))
        let control = try ProgramRun.run("dpkg-deb", ["--info", packages[0], "conffiles"])
        #expect(control.output == "/etc/cgwarden/cgwarden.yaml\n")
    }
}
