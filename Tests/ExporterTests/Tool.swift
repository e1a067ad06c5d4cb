import Foundation

/// A program that is installed on this machine.
enum Tool {
    struct Result {
        let status: Int32
        let output: [UInt8]
        let errors: String
    }

    static let promtool = succeeds("promtool", ["--version"])
    static let openMetricsParser = succeeds("python3", ["-c", "import prometheus_client"])

    /// Runs a program to its end with `input` on its standard input.
    static func run(_ name: String, _ arguments: [String], input: [UInt8] = []) throws -> Result {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("cgwarden-test-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // Files, because an unread pipe would block both sides.
        let files = ["in", "out", "err"].map { folder.appendingPathComponent($0) }
        try Data(input).write(to: files[0])
        for file in files.dropFirst() { try Data().write(to: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [name] + arguments
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: files[1])
        process.standardError = try FileHandle(forWritingTo: files[2])
        try process.run()
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus, output: Array(try Data(contentsOf: files[1])),
            errors: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self))
    }

    private static func succeeds(_ name: String, _ arguments: [String]) -> Bool {
        (try? run(name, arguments).status) == 0
    }
}
