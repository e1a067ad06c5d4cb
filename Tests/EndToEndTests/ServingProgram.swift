import Foundation
import TestSupport
import Testing

/// A running exporter or daemon, asked over the loopback as a scraper would.
final class ServingProgram {
    struct Answer {
        let status: Int
        let head: String
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }

        /// The lines of one metric.
        func series(_ name: String) -> [String] {
            text.split(separator: "\n").map(String.init).filter { $0.hasPrefix(name + "{") }
        }
    }

    let run: ProgramRun
    let port: Int

    /// A running program.
    init(_ run: ProgramRun, port: Int) {
        self.run = run
        self.port = port
    }

    convenience init(_ arguments: String..., environment: [String: String] = [:]) throws {
        try self.init(["exporter"] + arguments, environment: environment)
    }

    /// A command that serves, with its options.
    init(_ words: [String], environment: [String: String] = [:]) throws {
        run = try ProgramRun(
            ProgramRun.cgwarden, words + ["--web.listen-address", "127.0.0.1:0"],
            environment: environment)
        port = try awaiting("the exporter tells its port") { [run] in
            guard run.isRunning else { throw ProgramTrouble("ended: \(run.errors)") }
            return Self.port(in: run.errors)
        }
    }

    /// The port of the address that a program logs, which ends with the path; nil until then.
    ///
    /// Other addresses may stand before it, and numbers everywhere.
    static func port(in log: String, at path: String = "/metrics") -> Int? {
        guard let place = log.range(of: "://127.0.0.1:") else { return nil }
        let rest = log[place.upperBound...]
        let digits = rest.prefix { $0.isNumber }
        return rest.dropFirst(digits.count).hasPrefix(path) ? Int(digits) : nil
    }

    /// One request per connection; the shell's TCP needs no installed client.
    func get(_ path: String = "/metrics", accept: String = "text/plain") throws -> Answer {
        // The path is part of printf's format.
        let request =
            "GET \(path.replacingOccurrences(of: "%", with: "%%")) HTTP/1.1\\r\\nHost: localhost\\r\\nAccept: \(accept)\\r\\n"
            + "Connection: close\\r\\n\\r\\n"
        let script = "exec 3<>/dev/tcp/127.0.0.1/\(port) && printf '\(request)' >&3 && cat <&3"
        let result = try ProgramRun.run("bash", ["-c", script])
        try #require(result.status == 0, "\(result.errors)")
        let blank: [UInt8] = [13, 10, 13, 10]
        let end = try #require(
            result.bytes.indices.first { result.bytes[$0...].starts(with: blank) })
        let head = String(decoding: result.bytes[..<end], as: UTF8.self)
        let status = try #require(Int(head.dropFirst("HTTP/1.1 ".count).prefix(3)))
        var body = Array(result.bytes[(end + 4)...])
        if head.lowercased().contains("transfer-encoding: chunked") {
            body = try Self.joined(body)
        }
        return Answer(status: status, head: head, body: body)
    }

    private static func joined(_ chunks: [UInt8]) throws -> [UInt8] {
        var result: [UInt8] = []
        var rest = chunks[...]
        while let end = rest.firstIndex(of: 13) {
            let size = try #require(Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16))
            if size == 0 { break }
            result += rest[(end + 2)..<(end + 2 + size)]
            rest = rest[(end + 4 + size)...]
        }
        return result
    }
}
