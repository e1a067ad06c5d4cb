import Foundation
import TestSupport
import Testing

/// The Debian package on a machine with the real systemd: installed, upgraded, removed and purged.
///
/// It is made of the binary under test, not of a release build, and only packed, not compressed.
/// It changes the whole system, so it runs only in guests.
@Suite(
    .serialized,
    .enabled(
        if: SystemdOnUnified.isThere && RunningDaemon.isInGuest
            && ProgramRun.isInstalled("dpkg-shlibdeps") && ProgramRun.isInstalled("curl"),
        "PID 1 is not systemd on the v2 tree of a test guest, or dpkg-dev or curl is missing"))
struct KernelSystemdPackageTests {
    private static let folder = "/run/share/cgwarden-test-packages"
    private static let units = ["cgwarden.service", "cgwarden-exporter.service"]
    private static let config = "/etc/cgwarden/cgwarden.yaml"

    @discardableResult
    private func run(_ program: String, _ arguments: String...) throws -> String {
        let result = try ProgramRun(
            program, arguments,
            environment: [
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive",
            ]
        ).result(seconds: 180)
        #expect(result.status == 0, "\(program) \(arguments): \(result.output)\(result.errors)")
        return result.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func package(_ version: String) throws -> String {
        let build = URL(filePath: #filePath).appending(path: "../../../config/debian/build")
        return try run(
            build.standardized.path(), "--quick", "--version", version, ProgramRun.cgwarden,
            Self.folder)
    }

    /// The same under a higher version, which is faster than building it again.
    private func successor(of package: String) throws -> String {
        let (folder, next) = ("\(Self.folder)/next", "\(Self.folder)/next.deb")
        try run("dpkg-deb", "--raw-extract", package, folder)
        try run("sed", "-i", "s/^Version: .*/Version: 1.1-1/", "\(folder)/DEBIAN/control")
        try run("dpkg-deb", "-Znone", "--root-owner-group", "--build", folder, next)
        return next
    }

    /// Files with the name outside of the package; other tests may leave some.
    private func named() throws -> Set<Substring> {
        let found = try run(
            "find", "/etc", "/var/lib", "/var/log", "/run", "-xdev", "-name", "cgwarden*")
        return Set(found.split(separator: "\n").filter { !$0.hasPrefix(Self.folder) })
    }

    private func property(_ name: String, of unit: String = units[0]) throws -> String {
        try run("systemctl", "show", "-P", name, unit)
    }

    /// The same in this machine without targets, sockets and the like, which units wait for usually.
    private func standAlone() throws {
        for unit in Self.units {
            let folder = "/run/systemd/system/\(unit).d"
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
            try Data("[Unit]\nDefaultDependencies=no\n".utf8)
                .write(to: URL(filePath: "\(folder)/test.conf"))
        }
    }

    /// Files that another suite has installed without a package.
    private func clear() throws {
        _ = try? ProgramRun.run("systemctl", ["stop", Self.units[0]])
        for path in [
            "/usr/bin/cgwarden", "/etc/cgwarden", "/etc/systemd/system/cgwarden.service",
            "/usr/lib/tmpfiles.d/cgwarden.conf", "/run/cgwarden", "/var/log/cgwarden", Self.folder,
            // Keeps packages from starting anything, as in an image of a container.
            "/usr/sbin/policy-rc.d",
            // The index of all pages would be made anew, through a host that counts open files.
            "/var/lib/man-db/auto-update",
        ] { try? FileManager.default.removeItem(atPath: path) }
    }

    private func metrics() throws -> String {
        try awaiting("/metrics on the loopback") {
            let answer = try ProgramRun.run(
                "curl", ["--silent", "--fail", "http://127.0.0.1:10980/metrics"])
            return answer.status == 0 ? answer.output : nil
        }
    }

    /// The addresses that something listens at, as `/proc/net/tcp` writes them.
    private func listeners() throws -> Set<String> {
        let rows = try ["tcp", "tcp6"].flatMap {
            try String(contentsOfFile: "/proc/net/\($0)", encoding: .utf8).split(separator: "\n")
        }.map { $0.split(separator: " ") }
        return Set(rows.filter { $0.count > 3 && $0[3] == "0A" }.map { String($0[1]) })
    }

    /// Compares one moment of the history in the view, in `stat` and in what the page reads.
    ///
    /// Nothing is configured; the daemon runs since the installation.
    private func compareHistory() throws {
        let view = try awaiting("a history of 30 s") {
            let top = try ProgramRun.run(
                "/usr/bin/cgwarden", ["top", "-b", "-n", "1", "--at", "-30s", "--json"])
            return top.status == 0 ? top.output : nil
        }
        let rows = try view.split(separator: "\n").map { try Self.object(String($0)) }
        let time = try #require(rows.first?["time"] as? Double)
        // JSON has rounded milliseconds, the history microseconds.
        let (from, to) = (
            String(format: "@%.3f", time - 0.001), String(format: "@%.3f", time + 0.001)
        )
        let list = try run("/usr/bin/cgwarden", "stat", "--from", from, "--to", to, "--json")
        #expect(list == view.trimmingCharacters(in: .whitespacesAndNewlines))

        let answer = try run(
            "curl", "--silent", "--fail", "http://127.0.0.1:10980/api/v1/snapshot?at=\(to)")
        let page = try Self.object(answer)
        #expect(page["time"] as? Double == time)
        let cgroups = try #require(page["cgroups"] as? [[String: Any]])
        func values(_ rows: [[String: Any]]) -> [String: [Double?]] {
            let pairs = rows.compactMap { row in
                (row["path"] as? String).map { path in
                    (
                        path,
                        ["memory.current", "pids.current", "cpu.usage_usec"].map {
                            row[$0] as? Double
                        }
                    )
                }
            }
            return Dictionary(pairs) { $1 }
        }
        let (shown, listed) = (values(cgroups), values(rows))
        // In the row of the root, the page shows what the host uses.
        for path in Set(shown.keys).union(listed.keys).subtracting(["/"]) {
            #expect(shown[path] == listed[path], "\(path)")
        }
        #expect(values(rows).values.contains { !$0.contains(nil) }, "\(view)")
    }

    private static func object(_ json: String) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    }

    @Test func packageInstallsUpgradesAndPurges() throws {
        try clear()
        try standAlone()
        defer { try? FileManager.default.removeItem(atPath: Self.folder) }
        let before = try listeners()
        let namedBefore = try named()

        let package = try package("1.0-1")
        try run("dpkg", "--install", package)
        #expect(try property("ActiveState") == "active")
        #expect(try run("systemctl", "is-enabled", Self.units[0]) == "enabled")
        #expect(
            try ProgramRun.run("systemctl", ["is-enabled", Self.units[1]]).output == "disabled\n")
        #expect(try metrics().contains("cgroup_memory_current_bytes{"))
        #expect(try listeners().subtracting(before) == ["0100007F:2AE4"], "the loopback alone")
        #expect(try run("cgwarden", "journal").hasPrefix("nothing"), "no policy, no change")
        try compareHistory()

        let first = try property("MainPID")
        let edited = try run("sed", "s/^log_level: info$/log_level: debug/", Self.config)
        #expect(edited.contains("log_level: debug"))
        try Data(edited.utf8).write(to: URL(filePath: Self.config))
        try run("dpkg", "--install", successor(of: package))
        #expect(try run("dpkg-query", "-W", "-f", "${Version}", "cgwarden") == "1.1-1")
        #expect(try String(contentsOfFile: Self.config, encoding: .utf8) == edited)
        #expect(try property("ActiveState") == "active")
        #expect(try property("MainPID") != first, "the new program runs")

        // The exporter in the daemon's place.
        try run("systemctl", "stop", Self.units[0])
        try run("systemctl", "start", Self.units[1])
        #expect(try metrics().contains("cgroup_memory_current_bytes{"))
        #expect(try property("ActiveState", of: Self.units[1]) == "active")

        let files = try run("dpkg", "--listfiles", "cgwarden").split(separator: "\n")
            .map(String.init).filter { $0.contains("cgwarden") }
        #expect(files.count > 20)
        let made = "/sys/fs/cgroup/cgwarden-test-package"
        try run("cgwarden", "create", "/cgwarden-test-package")
        #expect(FileManager.default.fileExists(atPath: made))
        try run("dpkg", "--remove", "cgwarden")
        #expect(!FileManager.default.fileExists(atPath: made), "what it made is undone")
        #expect(try property("ActiveState", of: Self.units[1]) == "inactive")
        #expect(!FileManager.default.fileExists(atPath: "/usr/bin/cgwarden"))
        #expect(try String(contentsOfFile: Self.config, encoding: .utf8) == edited)

        try run("dpkg", "--purge", "cgwarden")
        let left = files.filter { FileManager.default.fileExists(atPath: $0) }
        #expect(left.isEmpty)
        for unit in Self.units { try run("rm", "-r", "/run/systemd/system/\(unit).d") }
        #expect(try named().subtracting(namedBefore).isEmpty)
        #expect(try listeners() == before)
    }
}
