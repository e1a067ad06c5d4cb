import CgroupModel
import Foundation
import Hierarchy
import Testing

/// A `cgwarden run` that a test started, with its outputs in files.
final class RunProgram {
    struct Result {
        let status: Int32
        let output: String
        let errors: String

        /// The last line of standard error, as `--summary json` writes it.
        func summary() throws -> [String: Any] {
            let line = try #require(errors.split(separator: "\n").last, "no summary")
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
            return try #require(object as? [String: Any])
        }
    }

    /// The program under test, built next to the tests.
    static let path: String = {
        let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let folders = [own.map { ($0 as NSString).deletingLastPathComponent }, ".build/debug"]
        let places = folders.compactMap { $0.map { "\($0)/cgwarden" } }
        return places.first { FileManager.default.isExecutableFile(atPath: $0) } ?? "cgwarden"
    }()

    private let process = Process()
    private let ended = DispatchSemaphore(value: 0)
    private let folder = FileManager.default.temporaryDirectory
        .appending(path: "cgwarden-test-\(UUID().uuidString)")

    init(_ program: String, _ arguments: [String]) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for file in ["out", "err"] { try Data().write(to: folder.appending(path: file)) }
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: folder.appending(path: "out"))
        process.standardError = try FileHandle(forWritingTo: folder.appending(path: "err"))
        process.terminationHandler = { [ended] _ in ended.signal() }
        try process.run()
    }

    deinit {
        if process.isRunning {
            send(SIGKILL)
            _ = ended.wait(timeout: .now() + 5)
        }
        try? FileManager.default.removeItem(at: folder)
    }

    var pid: Int32 { process.processIdentifier }

    func send(_ signal: Int32) { _ = kill(process.processIdentifier, signal) }

    func text(_ file: String) -> String {
        (try? String(contentsOf: folder.appending(path: file), encoding: .utf8)) ?? ""
    }

    /// Waits until the command has written something.
    func awaitOutput(_ wanted: String) throws {
        try Self.await("\(wanted) in \(text("out")) \(text("err"))") {
            text("out").contains(wanted)
        }
    }

    /// Generous, since a guest without hardware virtualisation is slow.
    ///
    /// Foundation notices the end only when the command's own children have ended, too.
    func result(seconds: Double = 60) throws -> Result {
        guard ended.wait(timeout: .now() + seconds) == .success else {
            send(SIGKILL)
            throw Trouble("not done after \(seconds) s: \(text("err"))")
        }
        let byItself = process.terminationReason == .exit
        return Result(
            status: byItself ? process.terminationStatus : 128 + process.terminationStatus,
            output: text("out"), errors: text("err"))
    }

    static func run(_ program: String, _ arguments: String...) throws -> Result {
        try RunProgram(program, arguments).result()
    }

    static func await(
        _ what: @autoclosure () -> String, seconds: Double = 30, _ condition: () -> Bool
    ) throws {
        let end = ContinuousClock.now + .seconds(seconds)
        while !condition() {
            guard ContinuousClock.now < end else { throw Trouble("still not: \(what())") }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    struct Trouble: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}
