import Actuation
import Foundation
import Testing

/// The built program.
enum Program {
    static let path = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: ".build/debug/cgwarden").path()

    /// A state directory of this test's process.
    static let state = NSTemporaryDirectory() + "cgwarden-test-state-\(getpid())"

    /// Its environment; the host's own state directory is not for tests.
    static let environment = ProcessInfo.processInfo.environment.merging(
        ["CGWARDEN_STATE_DIRECTORY": state]
    ) { $1 }

    static let thawGuard = ThawGuard(program: path, state: state)

    /// Runs a shell command that has the program as its first parameter.
    ///
    /// Returns its status and what it printed.
    static func shell(_ script: String) throws -> (status: Int32, output: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", script, "sh", path]
        process.environment = environment
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
