import Foundation

/// A started program; its output goes to files, since a pipe that nobody reads would block it.
public final class ProgramRun {
    /// How a program ended and what it wrote.
    public struct Result: Sendable {
        /// The exit status, or 128 and the number of the signal that ended it.
        public let status: Int32
        /// Standard output.
        public let bytes: [UInt8]
        /// Standard error.
        public let errors: String

        /// Standard output as text.
        public var output: String { String(decoding: bytes, as: UTF8.self) }
        /// The lines of standard output.
        public var lines: [String] { output.split(separator: "\n").map(String.init) }
        /// The lines of standard error.
        public var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
    }

    /// The program under test, built next to the tests.
    public static let cgwarden: String = {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        let beside = own.map { ($0 as NSString).deletingLastPathComponent + "/cgwarden" }
        let here = FileManager.default.currentDirectoryPath + "/.build/debug/cgwarden"
        return [beside, here].compactMap { $0 }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        } ?? here
    }()

    /// A directory of this test run without a saved layout in it.
    private static let home = FileManager.default.temporaryDirectory
        .appending(path: "cgwarden-test-home-\(getpid())").path()

    /// What every program of the tests finds in its environment, and nothing else.
    public static var environment: [String: String] {
        let kept = ["PATH", "PYTHONPATH", "PYENV_ROOT", "LD_LIBRARY_PATH"]
        let own = ProcessInfo.processInfo.environment.filter { kept.contains($0.key) }
        return own.merging(
            ["HOME": home, "XDG_CONFIG_HOME": home, "LANG": "C.UTF-8", "TZ": "UTC"]
        ) { $1 }
    }

    /// Whether a program is installed here.
    public static func isInstalled(_ name: String) -> Bool {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return path.split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
        }
    }

    private let process = Process()
    private let ended = DispatchSemaphore(value: 0)
    private let folder: URL
    private let input: Pipe?

    /// Starts a program by its name or path; `input` nil leaves standard input open and silent.
    public init(
        _ name: String, _ arguments: [String], environment: [String: String] = [:],
        input: [UInt8]? = []
    ) throws {
        folder = FileManager.default.temporaryDirectory
            .appending(path: "cgwarden-test-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for file in ["in", "out", "err"] {
            try Data(file == "in" ? input ?? [] : []).write(to: folder.appending(path: file))
        }
        self.input = input == nil ? Pipe() : nil
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [name] + arguments
        process.environment = Self.environment.merging(environment) { $1 }
        process.standardInput =
            try self.input ?? FileHandle(forReadingFrom: folder.appending(path: "in"))
        process.standardOutput = try FileHandle(forWritingTo: folder.appending(path: "out"))
        process.standardError = try FileHandle(forWritingTo: folder.appending(path: "err"))
        process.terminationHandler = { [ended] _ in ended.signal() }
        try process.run()
    }

    deinit {
        if process.isRunning {
            _ = kill(process.processIdentifier, SIGKILL)
            ended.wait()
        }
        try? FileManager.default.removeItem(at: folder)
    }

    /// The process; `env` has become the program itself.
    public var pid: Int32 { process.processIdentifier }

    /// Whether it still runs.
    public var isRunning: Bool { process.isRunning }

    /// What it wrote to standard error so far.
    public var errors: String {
        String(
            decoding: (try? Data(contentsOf: folder.appending(path: "err"))) ?? Data(),
            as: UTF8.self)
    }

    /// What it wrote to standard output so far.
    public var bytes: [UInt8] {
        Array((try? Data(contentsOf: folder.appending(path: "out"))) ?? Data())
    }

    /// Sends a signal.
    public func send(_ signal: Int32) { _ = kill(process.processIdentifier, signal) }

    /// Waits for the end; a program that does not come to it is killed.
    public func result(seconds: Double = 60) throws -> Result {
        guard ended.wait(timeout: .now() + seconds) == .success else {
            send(SIGKILL)
            ended.wait()
            ended.signal()
            throw ProgramTrouble(
                "not done after \(seconds) s: \(process.arguments ?? []): \(errors)")
        }
        ended.signal()
        let byExit = process.terminationReason == .exit
        return Result(
            status: byExit ? process.terminationStatus : 128 + process.terminationStatus,
            bytes: bytes, errors: errors)
    }

    /// Runs a program to its end.
    public static func run(
        _ name: String, _ arguments: [String], environment: [String: String] = [:],
        input: [UInt8] = []
    ) throws -> Result {
        try ProgramRun(name, arguments, environment: environment, input: input).result()
    }

    /// Runs cgwarden to its end.
    public static func cgwarden(
        _ arguments: String..., environment: [String: String] = [:]
    ) throws -> Result {
        try run(cgwarden, arguments, environment: environment)
    }
}
