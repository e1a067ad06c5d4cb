import Foundation

/// A directory with certificates that are made for this run, and a web configuration.
package final class WebFixture: Sendable {
    /// The password of ``hash``, which is of the least cost.
    package static let password = "correct horse"
    /// The bcrypt hash of ``password``.
    package static let hash = "$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"

    /// Whether there are tools to make certificates and to use them.
    package static let isPossible = ["openssl", "curl"].allSatisfy(ProgramRun.isInstalled)

    private let directory: URL

    /// An authority and a server's certificate, the same for all tests.
    private static let common = Task {
        let fixture = try WebFixture(in: "common-\(getpid())")
        try await openssl(
            ["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=test authority"]
                + fixture.newKey("ca.key") + ["-out", fixture.path("ca.pem")])
        try await fixture.certify("server", "DNS:localhost,IP:127.0.0.1")
        return fixture
    }

    /// `ca` and `server`, each with its key, in a directory of its own.
    package init() async throws {
        directory = try Self.made(UUID().uuidString)
        let common = try await Self.common.value
        for name in ["ca.pem", "ca.key", "server.pem", "server.key"] {
            try FileManager.default.copyItem(atPath: common.path(name), toPath: path(name))
        }
    }

    private init(in name: String) throws { directory = try Self.made(name) }

    deinit { try? FileManager.default.removeItem(at: directory) }

    private static func made(_ name: String) throws -> URL {
        let directory = FileManager.default.temporaryDirectory
            .appending(path: "cgwarden-test-web-\(name)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        return directory
    }

    /// The path of a file in it.
    package func path(_ name: String) -> String { directory.appending(path: name).path() }

    /// Replaces a file atomically.
    package func write(_ text: String, _ name: String = "web.yml") throws {
        let file = directory.appending(path: name)
        try Data(text.utf8).write(to: file, options: .atomic)
        guard name.hasSuffix(".key") else { return }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path())
    }

    /// Makes `NAME.pem` and `NAME.key`, signed by the authority.
    package func certify(
        _ name: String, _ alternatives: String, authority: String = "ca", isRSA: Bool = false
    ) async throws {
        try write("subjectAltName=\(alternatives)\n", "\(name).ext")
        try await Self.openssl(
            ["req", "-nodes", "-subj", "/CN=\(name)"] + newKey("\(name).key", isRSA: isRSA)
                + ["-out", path("\(name).csr")])
        try await Self.openssl([
            "x509", "-req", "-days", "2", "-in", path("\(name).csr"), "-extfile",
            path("\(name).ext"), "-CA", path("\(authority).pem"), "-CAkey",
            path("\(authority).key"), "-CAcreateserial", "-out", path("\(name).pem"),
        ])
    }

    /// What curl gets: the status, or `curl NN` for its own exit status; and the body.
    package func curl(
        _ port: Int, _ options: [String] = [], path: String = "/-/healthy"
    ) async throws -> (status: String, body: String) {
        let result = try await ProgramRun.apart(
            "curl",
            [
                "-sS", "--max-time", "120", "--noproxy", "*", "--cacert", self.path("ca.pem"), "-w",
                "\n%{http_code}", "https://localhost:\(port)\(path)", "--resolve",
                "localhost:\(port):127.0.0.1",
            ] + options)
        guard result.status == 0 else { return ("curl \(result.status)", result.errors) }
        var lines = result.output.components(separatedBy: "\n")
        return (lines.removeLast(), lines.joined(separator: "\n"))
    }

    private func newKey(_ name: String, isRSA: Bool = false) -> [String] {
        let kind = isRSA ? ["rsa:2048"] : ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        return ["-newkey"] + kind + ["-keyout", path(name)]
    }

    private static func openssl(_ arguments: [String]) async throws {
        let result = try await ProgramRun.apart("openssl", arguments)
        guard result.status == 0 else { throw ProgramTrouble("openssl: \(result.errors)") }
    }
}

extension ProgramRun {
    /// Runs a program to its end without holding up a thread on which the server that it asks may
    /// have to run.
    package static func apart(_ name: String, _ arguments: [String]) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Swift.Result { try run(name, arguments) })
            }
        }
    }
}
