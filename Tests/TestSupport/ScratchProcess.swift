import Foundation
import Glibc

/// A child process that begins to work once it is in its cgroup, and ends with its owner.
package final class ScratchProcess {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    /// The process's number.
    package var pid: Int32 { process.processIdentifier }

    /// Starts `/bin/sh` with a script, in a cgroup of the scratch tree.
    package init(_ script: String, in name: String, of scratch: ScratchHierarchy) throws {
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", "read go; \(script)"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try scratch.add(process.processIdentifier, to: name)
        try input.fileHandleForWriting.write(contentsOf: Data("go\n".utf8))
    }

    /// Uses as much of one CPU as it gets.
    package static func busy(in name: String, of scratch: ScratchHierarchy) throws -> ScratchProcess
    {
        // Bounded, because a crashed test run cannot end it.
        try ScratchProcess("ulimit -t 60; echo; while :; do :; done", in: name, of: scratch)
    }

    /// Holds memory and sleeps.
    package static func holding(
        megabytes: Int, in name: String, of scratch: ScratchHierarchy
    ) throws -> ScratchProcess {
        let program =
            "$x = \"a\" x (\(megabytes) << 20); $| = 1; print \"ready\\n\"; sleep 120"
        return try ScratchProcess("exec perl -e '\(program)'", in: name, of: scratch)
    }

    /// Waits for the first thing that the script prints.
    package func waitUntilReady() { _ = output.fileHandleForReading.availableData }

    /// CPU time used so far in microseconds, from `/proc/PID/stat`.
    package var cpuTime: UInt64 {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = UInt64(fields[11]), let system = UInt64(fields[12])
        else { return 0 }
        return (user + system) * 10_000
    }

    /// Ends it, and waits until it has left its cgroup.
    ///
    /// Foundation's own wait lasts until every process has ended that was started meanwhile and
    /// has inherited its descriptors: what a fork bomb leaves, or another test's.
    package func end() {
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        for _ in 0..<1000 where !hasEnded { usleep(10_000) }
    }

    /// Whether it is gone, or a zombie.
    package var hasEnded: Bool {
        let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        let state = text?.split(separator: ")").last?.split(separator: " ").first
        return state == nil || state == "Z" || state == "X"
    }

    deinit { end() }
}
