import Foundation
import Glibc

/// A running daemon with a policy, an audit log and a state directory of its own.
///
/// At the end of a test it is stopped, its changes are restored, and its files are removed.
package final class DaemonRun {
    /// A line of the audit log.
    package struct Line: Decodable, Sendable {
        /// A value that was set.
        package struct Change: Decodable, Sendable {
            /// The limit.
            package let key: String
            /// The file's text before, as it was asked for, and as it was then.
            package let before, wanted, after: String?
        }

        /// Seconds since 1970.
        package let t: Double
        /// Counts up.
        package let seq: UInt64
        /// `state`, `apply`, `undo` and the like.
        package let phase: String
        /// Its origin, target and result; nil if absent.
        package let rule, `guard`, limits, pool, cgroup, action, result, reason, note: String?
        /// Why, as an expression.
        package let cause: String?
        /// The values that were set.
        package let changes: [Change]?
    }

    /// On a tmpfs, as the undo journal demands.
    private let folder: String
    private let environment: [String: String]
    private let run: ProgramRun

    /// Starts it and waits until it answers.
    package init(policy: String) throws {
        folder = "/dev/shm/cgwarden-test-\(UUID().uuidString)"
        environment = ["CGWARDEN_STATE_DIRECTORY": folder]
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700])
        // Its own configuration, so that none of this machine counts.
        for (name, text) in [("policy.yaml", policy), ("cgwarden.yaml", "log_level: info\n")] {
            try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
        }
        run = try ProgramRun(
            ProgramRun.cgwarden,
            [
                "daemon", "--config", "\(folder)/cgwarden.yaml", "--policy",
                "\(folder)/policy.yaml",
                "--state-dir", folder, "--audit", "\(folder)/audit.jsonl",
                "--web.listen-address", "-",
            ], environment: environment)
        try awaiting("the daemon answers; it said: \(run.errors)") { () -> Bool in
            guard run.isRunning else { throw ProgramTrouble("it ended: \(run.errors)") }
            return FileManager.default.fileExists(atPath: "\(folder)/control")
        }
    }

    deinit { end() }

    /// Stops it, puts back what is left, and removes its files.
    package func end() {
        run.send(SIGTERM)
        _ = try? run.result()
        run.send(SIGKILL)
        // Nothing is left to do, unless it was killed.
        _ = try? command("restore")
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// The process.
    package var pid: Int32 { run.pid }

    /// Its log so far.
    package var errors: String { run.errors }

    /// Runs another command of the program, which talks to this daemon and has its journal.
    package func command(_ arguments: String...) throws -> ProgramRun.Result {
        try ProgramRun.run(ProgramRun.cgwarden, arguments, environment: environment)
    }

    /// The lines of the audit log so far, in their order.
    package var lines: [Line] {
        get throws {
            let bytes = (try? Data(contentsOf: URL(filePath: "\(folder)/audit.jsonl"))) ?? Data()
            // The last piece is a line that is not whole yet, or nothing.
            return try bytes.split(separator: 10, omittingEmptySubsequences: false).dropLast().map {
                try JSONDecoder().decode(Line.self, from: $0)
            }
        }
    }

    /// The current log, for the report of a failing test.
    package var log: String {
        (try? String(contentsOfFile: "\(folder)/audit.jsonl", encoding: .utf8)) ?? ""
    }

    /// Ends it as systemd does, and waits.
    package func stop() throws -> ProgramRun.Result {
        run.send(SIGTERM)
        return try run.result()
    }

    /// Waits until it has ended by itself.
    package func result() throws -> ProgramRun.Result { try run.result() }

    /// Ends it without warning (SIGKILL), and waits until it is gone.
    package func kill() throws {
        run.send(SIGKILL)
        _ = try run.result()
    }

    /// Kills it together with its guardian, so that nothing is restored.
    package func killWithGuardian() throws {
        // A daemon that runs may start another guardian in between.
        try run.stop()
        if let guardian { Glibc.kill(guardian, SIGKILL) }
        try awaiting("nobody stands by") { guardian == nil }
        run.send(SIGKILL)
        _ = try run.result()
    }

    /// Its helper process, while it lives.
    package var guardian: Int32? { Self.guardian(of: folder) }

    /// The helper process of the daemon with a state directory.
    package static func guardian(of state: String) -> Int32? {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.compactMap { Int32($0) }.first { pid in
            let path = "/proc/\(pid)/cmdline"
            let line = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            return line.contains("guardian") && line.contains(state)
        }
    }
}
