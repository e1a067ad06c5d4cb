import Foundation
import TestSupport

/// The program's own families, as exported for a captured host.
enum OwnFamilies {
    static func parts() throws -> [String: [String]] { ["program": Roff.list(try families())] }

    private static func families() throws -> [(head: String, body: [String])] {
        let text = try ServedText.get("/metrics", of: ProgramCapture("v2"))
        let kinds = Dictionary(
            text.matches(of: /# TYPE (\S+) (\S+)/).map { ($0.1, $0.2) }, uniquingKeysWith: { $1 })
        return text.matches(of: /# HELP ((?:cgwarden|process)_\S+) ([^\r\n]*)/)
            .sorted { $0.1 < $1.1 }.map { match in
                let kind = (kinds[match.1] ?? "untyped")
                let word = kind.prefix(1).uppercased() + kind.dropFirst()
                return ("Li \(match.1)", Roff.prose("\(match.2) \(word)."))
            }
    }
}

/// The response of an exporter for a captured host.
enum ServedText {
    /// The body at an address.
    static func get(_ address: String, of capture: ProgramCapture) throws -> String {
        let exporter = try ProgramRun(
            ProgramRun.cgwarden,
            ["exporter", "--web.listen-address", "127.0.0.1:0", "--root", capture.root])
        let port = try awaiting("the exporter tells its port") {
            exporter.errors.firstMatch(of: /http:\/\/127\.0\.0\.1:(\d+)\/metrics/)?.1
        }
        let script =
            "exec 3<>/dev/tcp/127.0.0.1/\(port) && "
            + "printf 'GET \(address) HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && cat <&3"
        let answer = try ProgramRun.run("bash", ["-c", script]).output
        return answer.components(separatedBy: "\r\n\r\n").dropFirst().joined()
    }
}
