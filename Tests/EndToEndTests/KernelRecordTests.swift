import Foundation
import TestSupport
import Testing

/// `--record` and `--replay` of this machine.
@Suite(.enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelRecordTests {
    private let folder: ProgramCapture
    private let file: String

    init() throws {
        folder = try ProgramCapture(mountinfo: "")
        file = folder.root + "/rec"
    }

    private func replay(_ arguments: String...) throws -> ProgramRun.Result {
        try ProgramRun.run(ProgramRun.cgwarden, ["top", "-b", "--replay", file] + arguments)
    }

    /// Numbers, reasons, rates, inode, limits and time of a busy cgroup.
    @Test func replayContainsWhatStatPrinted() throws {
        let cgroup = try ProgramCgroup()
        let member = try cgroup.start("echo ready; while :; do :; done")
        defer { member.send(SIGKILL) }
        let live = try ProgramRun.run(
            ProgramRun.cgwarden,
            ["stat", "--json", "-i", "100ms", "-n", "6", "--record", file, "--cgroup", cgroup.path])
        #expect(live.status == 0 && live.errors.isEmpty, "\(live.errors)")
        #expect(live.lines.count == 6)
        let replayed = try replay("--json", cgroup.path)
        #expect(replayed.status == 0 && replayed.errors.isEmpty, "\(replayed.errors)")
        #expect(replayed.lines == live.lines)
        // It was under load, so the values are real.
        let usage = try live.lines.map {
            try #require(JSONText.flat(JSONText.object($0))["cpu.usage_usec"])
        }
        #expect(Set(usage).count > 3, "\(usage)")
        #expect(live.lines[5].contains("\"cpu.usage_usec.rate\""))

        // The same once more, to the byte, and from a place within.
        #expect(try replay("--json", cgroup.path).bytes == replayed.bytes)
        #expect(
            try replay("--json", "--at", "-1ms", cgroup.path).lines == Array(live.lines.suffix(2)))
        #expect(try replay("--json", "-n", "2", cgroup.path).lines == Array(live.lines.prefix(2)))
        #expect(try replay().output.contains(cgroup.path))
    }

    /// SIGKILL at any instant leaves whole snapshots, and the next recorder goes on after them.
    @Test func killedRecorderLeavesAReadableRecording() throws {
        let recorder = try ProgramRun(
            ProgramRun.cgwarden, ["stat", "--json", "-i", "20ms", "--record", file], input: nil)
        defer { recorder.send(SIGKILL) }
        try awaiting("some samples") {
            guard recorder.isRunning else { throw ProgramTrouble(recorder.errors) }
            return (try? replay("--json").lines.count) ?? 0 > 20
        }
        let busy = try ProgramRun.run(
            ProgramRun.cgwarden, ["stat", "-n", "1", "--record", file])
        #expect(busy.status == 75)
        #expect(busy.errorLines.count == 1 && busy.errors.contains("another process"))
        recorder.send(SIGKILL)
        let ended = try recorder.result()
        #expect(ended.status == 128 + SIGKILL)

        let read = try replay("--json")
        #expect(read.status == 0)
        // Other tests remove cgroups meanwhile; a recording has no last lines of theirs.
        let printed = ended.lines.filter { !$0.contains("\"state\":\"dead\"") }
        // Each is appended before it is printed, so at most the last one is not printed yet.
        #expect(read.lines.count >= printed.count - 1)
        let both = min(read.lines.count, printed.count) - 1
        #expect(both > 20)
        for (replayed, line) in zip(read.lines, printed).prefix(both) where replayed != line {
            let (own, other) = try (
                JSONText.flat(JSONText.object(replayed)), JSONText.flat(JSONText.object(line))
            )
            let differing = Set(own.keys).union(other.keys).filter { own[$0] != other[$0] }
            let texts = differing.sorted().prefix(5)
                .map { "\($0): \(own[$0] ?? "-") for \(other[$0] ?? "-")" }
            Issue.record("\(other["path"] ?? "-"): \(texts.joined(separator: ", "))")
            break
        }

        // As if it was killed in the middle of the last record.
        let handle = try #require(FileHandle(forUpdatingAtPath: file))
        let size = try handle.seekToEnd()
        try handle.truncate(atOffset: size - 5)
        try handle.close()
        let torn = try replay("--json")
        #expect(torn.status == 0)
        #expect(torn.errorLines.count == 1 && torn.errors.contains("incomplete"))
        #expect(torn.lines.count < read.lines.count && torn.lines.count > 20)

        let next = try ProgramRun.run(
            ProgramRun.cgwarden, ["stat", "--json", "-n", "1", "--record", file])
        #expect(next.status == 0)
        let joined = try replay("--json")
        #expect(joined.errors.isEmpty)
        #expect(joined.lines == torn.lines + next.lines)
    }
}
