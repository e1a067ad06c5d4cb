import CgroupModel
import Foundation
import Hierarchy
import KernelIO
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

    private let child: ChildProcess
    private var ended: ProcessEnd?
    private let folder = FileManager.default.temporaryDirectory
        .appending(path: "cgwarden-test-\(UUID().uuidString)")

    /// Foundation's `Process` ends only when all that inherited its socket has ended, too.
    init(_ program: String, _ arguments: [String]) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for file in ["out", "err"] { try Data().write(to: folder.appending(path: file)) }
        let script = "folder=$1; shift; exec \"$@\" </dev/null >$folder/out 2>$folder/err"
        // The state of this host is not for tests, also not of what a shell or tmux starts.
        let state = ["env", "CGWARDEN_STATE_DIRECTORY=\(Program.state)"]
        child = try ChildProcess.start(
            ["sh", "-c", script, "sh", folder.path()] + state + [program] + arguments, in: nil,
            joining: [], namespaces: [])
    }

    deinit {
        if !hasEnded { try? stop() }
        try? FileManager.default.removeItem(at: folder)
    }

    var pid: Int32 { child.pid }

    func send(_ signal: Int32) { child.signal(signal) }

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
    func result(seconds: Double = 120) throws -> Result {
        do {
            try Self.await("the end of it: \(text("err"))", seconds: seconds) { hasEnded }
        } catch {
            try stop()
            throw error
        }
        return Result(status: ended?.status ?? -1, output: text("out"), errors: text("err"))
    }

    private var hasEnded: Bool {
        if ended == nil { ended = child.end() }
        return ended != nil
    }

    private func stop() throws {
        send(SIGKILL)
        try Self.await("its death") { hasEnded }
    }

    static func run(_ program: String, _ arguments: String...) throws -> Result {
        try RunProgram(program, arguments).result()
    }

    static func await(
        _ what: @autoclosure () -> String, seconds: Double = 120, _ condition: () -> Bool
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
