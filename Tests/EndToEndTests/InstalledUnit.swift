import Foundation
import TestSupport
import Testing

/// `cgwarden.service` of `config/`, installed in a test guest whose PID 1 is systemd.
struct InstalledUnit {
    static let name = "cgwarden.service"
    private static let config = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../config").standardized.path()
    private static let errors = "/run/cgwarden.err"

    /// Installs the unit, its configuration and the program under test; `settings` are added to
    /// the unit's service section.
    init(_ settings: String) throws {
        try install("cgwarden.service", to: "/etc/systemd/system/\(Self.name)")
        try install("cgwarden.tmpfiles", to: "/usr/lib/tmpfiles.d/cgwarden.conf")
        try install("cgwarden.yaml", to: "/etc/cgwarden/cgwarden.yaml")
        try? FileManager.default.removeItem(atPath: "/usr/bin/cgwarden")
        // The unit hides homes, where a link would lead.
        try FileManager.default.copyItem(atPath: ProgramRun.cgwarden, toPath: "/usr/bin/cgwarden")
        try Self.write(
            """
            [Unit]
            DefaultDependencies=no
            [Service]
            StandardError=append:\(Self.errors)
            \(settings)

            """, to: "/run/systemd/system/\(Self.name).d/test.conf")
        try Self.run("systemctl", "daemon-reload")
    }

    /// Everything the daemon has written to standard error.
    var log: String { (try? String(contentsOfFile: Self.errors, encoding: .utf8)) ?? "" }

    /// A property of the unit, as systemctl shows it.
    func property(_ name: String) throws -> String {
        try Self.run("systemctl", "show", "-P", name, Self.name)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Replaces the only policy.
    func setPolicy(_ text: String) throws {
        try Self.write(
            "apiVersion: cgwarden/v1\n\(text)\n", to: "/etc/cgwarden/policy.d/50-test.yaml")
    }

    /// Runs a program to its end and expects it to succeed.
    @discardableResult
    static func run(_ program: String, _ arguments: String..., seconds: Double = 120) throws
        -> String
    {
        let result = try ProgramRun(program, arguments).result(seconds: seconds)
        #expect(result.status == 0, "\(program) \(arguments): \(result.output)\(result.errors)")
        return result.output
    }

    private func install(_ name: String, to path: String) throws {
        try Self.run("install", "-D", "-m", "644", "\(Self.config)/\(name)", path)
    }

    static func write(_ text: String, to path: String) throws {
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent,
            withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
    }
}
