import Foundation

/// A started program; its output goes to files, because an unread pipe would block it.
package final class ProgramRun {
    /// How a program ended and what it wrote.
    package struct Result: Sendable {
        /// The exit status, or 128 and the number of the signal that ended it.
        package let status: Int32
        /// Standard output.
        package let bytes: [UInt8]
        /// Standard error.
        package let errors: String

        /// Standard output as text.
        package var output: String { String(decoding: bytes, as: UTF8.self) }
        /// The lines of standard output.
        package var lines: [String] { output.split(separator: "\n").map(String.init) }
        /// The lines of standard error.
        package var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
    }

    /// The program under test, built next to the tests.
    package static let cgwarden: String = {
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

    /// The complete environment of every program that tests start.
    package static var environment: [String: String] {
        let kept = ["PATH", "PYTHONPATH", "PYENV_ROOT", "LD_LIBRARY_PATH"]
        let own = ProcessInfo.processInfo.environment.filter { kept.contains($0.key) }
        return own.merging(
            ["HOME": home, "XDG_CONFIG_HOME": home, "LANG": "C.UTF-8", "TZ": "UTC"]
        ) { $1 }
    }

    /// Whether a program is installed here.
    package static func isInstalled(_ name: String) -> Bool {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return path.split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
        }
    }

    private let child: ProgramChild
    private let folder: URL
    private let input: Pipe?
    private let command: [String]

    /// Starts a program by its name or path; `input` nil leaves standard input open and silent.
    package init(
        _ name: String, _ arguments: [String], environment: [String: String] = [:],
        input: [UInt8]? = []
    ) throws {
        command = [name] + arguments
        folder = FileManager.default.temporaryDirectory
            .appending(path: "cgwarden-test-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appending(path: "in")
        try Data(input ?? []).write(to: file)
        self.input = input == nil ? Pipe() : nil
        let source = try self.input?.fileHandleForReading ?? FileHandle(forReadingFrom: file)
        child = try ProgramChild(
            name, arguments, environment: Self.environment.merging(environment) { $1 },
            input: source.fileDescriptor, output: folder.appending(path: "out").path(),
            errors: folder.appending(path: "err").path())
    }

    deinit {
        child.send(SIGKILL)
        _ = try? awaiting("the end") { child.ended() }
        try? FileManager.default.removeItem(at: folder)
    }

    /// The process.
    package var pid: Int32 { child.pid }

    /// Whether it still runs.
    package var isRunning: Bool { child.ended() == nil }

    /// Whether a signal has stopped all its threads (`/proc/PID/task/TID/stat`).
    package var isStopped: Bool {
        let tasks = "/proc/\(pid)/task"
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
        return !threads.isEmpty
            && threads.allSatisfy { thread in
                let text = try? String(contentsOfFile: "\(tasks)/\(thread)/stat", encoding: .utf8)
                return text?.split(separator: ")").last?.hasPrefix(" T") == true
            }
    }

    /// Stops it (SIGSTOP), and waits until none of its threads runs any more.
    package func stop() throws {
        send(SIGSTOP)
        try awaiting("it is stopped") { isStopped || !isRunning }
    }

    /// Its standard output so far.
    package var bytes: [UInt8] { contents("out") }

    /// The same as text.
    package var output: String { String(decoding: bytes, as: UTF8.self) }

    /// Its standard error so far.
    package var errors: String { String(decoding: contents("err"), as: UTF8.self) }

    private func contents(_ file: String) -> [UInt8] {
        Array((try? Data(contentsOf: folder.appending(path: file))) ?? Data())
    }

    /// Sends a signal.
    package func send(_ signal: Int32) { child.send(signal) }

    /// Waits for the end; a program that does not come to it is killed.
    package func result(seconds: Double = 120) throws -> Result {
        let what = command.prefix(3).joined(separator: " ")
        let status = try awaiting("\(what) ends; it said: \(errors)", seconds: seconds) {
            child.ended()
        }
        return Result(status: status, bytes: bytes, errors: errors)
    }

    /// Runs a program to its end.
    package static func run(
        _ name: String, _ arguments: [String], environment: [String: String] = [:],
        input: [UInt8] = []
    ) throws -> Result {
        try ProgramRun(name, arguments, environment: environment, input: input).result()
    }

    /// Runs cgwarden to its end.
    package static func cgwarden(
        _ arguments: String..., environment: [String: String] = [:]
    ) throws -> Result {
        try run(cgwarden, arguments, environment: environment)
    }
}
