import Foundation
import KernelIO

/// A directory with certificates that are made for this run, and a web configuration.
final class WebFixture: Sendable {
    /// The password of `hash`, which is of the least cost.
    static let password = "correct horse"
    static let hash = "$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"

    private static let hasTools = ["openssl", "curl"].allSatisfy {
        (try? Tool.run($0, [$0 == "curl" ? "--version" : "version"]).status) == 0
    }
    /// Whether there are tools to make certificates and to use them.
    static var isPossible: Bool { hasTools }

    let directory: URL

    init() throws {
        directory = FileManager.default.temporaryDirectory
            .appending(path: "cgwarden-test-web-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try openssl(
            ["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=test authority"]
                + newKey("ca.key") + ["-out", path("ca.pem")])
        try certify("server", "DNS:localhost,IP:127.0.0.1")
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    func path(_ name: String) -> String { directory.appending(path: name).path() }

    func write(_ text: String, _ name: String = "web.yml") throws {
        try Data(text.utf8).write(to: directory.appending(path: name), options: .atomic)
    }

    /// Makes `NAME.pem` and `NAME.key`, signed by the authority.
    func certify(_ name: String, _ alternatives: String, authority: String = "ca") throws {
        try write("subjectAltName=\(alternatives)\n", "\(name).ext")
        try openssl(
            ["req", "-nodes", "-subj", "/CN=\(name)"] + newKey("\(name).key")
                + ["-out", path("\(name).csr")])
        try openssl([
            "x509", "-req", "-days", "2", "-in", path("\(name).csr"), "-extfile",
            path("\(name).ext"), "-CA", path("\(authority).pem"), "-CAkey",
            path("\(authority).key"), "-CAcreateserial", "-out", path("\(name).pem"),
        ])
    }

    /// What curl gets: the status, or `curl NN` for its own exit status; and the body.
    func curl(_ port: Int, _ options: [String] = [], path: String = "/-/healthy") async throws
        -> (status: String, body: String)
    {
        let result = try await Tool.runApart(
            "curl",
            [
                "-sS", "--max-time", "20", "--noproxy", "*", "--cacert", self.path("ca.pem"), "-w",
                "\n%{http_code}", "https://localhost:\(port)\(path)", "--resolve",
                "localhost:\(port):127.0.0.1",
            ] + options)
        guard result.status == 0 else { return ("curl \(result.status)", result.errors) }
        var lines = String(decoding: result.output, as: UTF8.self).components(separatedBy: "\n")
        return (lines.removeLast(), lines.joined(separator: "\n"))
    }

    private func newKey(_ name: String) -> [String] {
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", path(name)]
    }

    private func openssl(_ arguments: [String]) throws {
        let result = try Tool.run("openssl", arguments)
        guard result.status == 0 else { throw Trouble(description: result.errors) }
    }

    struct Trouble: Error, CustomStringConvertible {
        let description: String
    }
}
