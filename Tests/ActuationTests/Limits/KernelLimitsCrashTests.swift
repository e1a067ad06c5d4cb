import Actuation
import CgroupModel
import Foundation
import Hierarchy
import Testing

/// The program itself, killed at every step of a transaction.
@Suite(.enabled(if: ScratchCgroup.isPossible, "no cgroup can be made here"))
struct KernelLimitsCrashTests {
    private let scratch: ScratchCgroup

    init() throws { scratch = try ScratchCgroup() }

    private static let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "cgwarden")

    /// Runs the program; its exit status, or minus the signal that ended it, and its output.
    private func run(_ arguments: [String], crashAt place: Int? = nil) throws -> (Int32, String) {
        let process = Process()
        process.executableURL = Self.program
        process.arguments = arguments
        var environment = ProcessInfo.processInfo.environment
        environment["CGWARDEN_STATE_DIRECTORY"] = scratch.state
        environment["CGWARDEN_CRASH_AT"] = place.map(String.init)
        process.environment = environment
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let isSignal = process.terminationReason == .uncaughtSignal
        let text = String(decoding: bytes, as: UTF8.self)
        return (isSignal ? -process.terminationStatus : process.terminationStatus, text)
    }

    @Test func aKillAtAnyStepIsUndone() throws {
        var wishes: [String] = []
        if scratch.has(.memory) { wishes += ["memory.max=100MiB", "memory.total=120MiB"] }
        if scratch.has(.cpu) { wishes += ["cpu.max=0.5cpus", "cpu.max.period=50ms"] }
        if scratch.has(.pids) { wishes += ["pids.max=50"] }
        try #require(!wishes.isEmpty)
        let before = try scratch.everything()
        let path = scratch.path.description
        let writes = try scratch.plan(wishes).writes.count
        var killed = 0
        for place in 1...200 {
            let (status, text) = try run(["set", path] + wishes, crashAt: place)
            if status == 0 { break }
            #expect(status == -9, "step \(place): \(text)")
            killed += 1
            let (undone, report) = try run(["restore"])
            #expect(undone == 0, "step \(place): \(report)")
            #expect(try scratch.everything() == before, "step \(place): \(report)")
            // A second one finds nothing: it would die at its first write.
            let (again, nothing) = try run(["restore"], crashAt: 1)
            #expect(again == 0 && nothing == "nothing to undo\n", "step \(place): \(nothing)")
        }
        // Each write has eight: three for the intent, two around the write, three for the end.
        #expect(killed == 8 * writes && killed > 0)
    }

    @Test func aKillAtAnyStepOfARestoreIsFinishedByTheNext() throws {
        guard scratch.has(.pids), scratch.has(.cpu) else {
            try Test.cancel("a controller is missing here")
        }
        let before = try scratch.everything()
        for place in 1...200 {
            let set = ["set", scratch.path.description, "cpu.max=0.5cpus", "pids.max=50"]
            #expect(try run(set).0 == 0)
            let (status, text) = try run(["restore"], crashAt: place)
            if status == 0 { break }
            #expect(status == -9, "step \(place): \(text)")
            #expect(try run(["restore"]).0 == 0)
            #expect(try scratch.everything() == before, "step \(place)")
        }
    }

    @Test func foreignEditsEndWith75() throws {
        guard scratch.has(.pids) else { try Test.cancel("a controller is missing here") }
        let path = scratch.path.description
        #expect(try run(["set", path, "pids.max=50"]).0 == 0)
        try scratch.directory(.pids).write("60", to: "pids.max")
        let (status, text) = try run(["restore", path])
        #expect(status == 75 && text.contains("left alone"))
        #expect(try scratch.directory(.pids).text("pids.max") == "60")
        #expect(try run(["restore", path, "--force"]).0 == 0)
        #expect(try scratch.directory(.pids).text("pids.max") == "max")
    }
}
