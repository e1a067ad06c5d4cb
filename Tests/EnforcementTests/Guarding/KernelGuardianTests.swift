import Actuation
import CgroupModel
import Foundation
import Glibc
import Hierarchy
import KernelIO
import Policy
import TestSupport
import Testing

private let isPossible =
    !GuardScratch.Trees.present.isEmpty
    && FileManager.default.isExecutableFile(atPath: ProgramRun.cgwarden)

/// CAP_SYS_RESOURCE, without which oom_score_adj cannot be lowered.
private let mayLowerScores: Bool = {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
    let set = line.flatMap {
        UInt64($0.dropFirst(7).trimmingCharacters(in: .whitespaces), radix: 16)
    }
    return (set ?? 0) >> 24 & 1 == 1
}()

/// A guarded cgroup when the guarding process dies.
@Suite(.serialized, .enabled(if: isPossible, "needs cgroups and the program"))
struct KernelGuardianTests {
    typealias Trees = GuardScratch.Trees

    /// The program sees all trees, so there is but one way that this machine can be.
    static let trees: Trees = Trees.hybrid.isThere ? .hybrid : Trees.v1.isThere ? .v1 : .v2

    /// `CGWARDEN_GUARD_KILLS` asks for more.
    private static let kills =
        ProcessInfo.processInfo.environment["CGWARDEN_GUARD_KILLS"].flatMap { Int($0) }
        ?? (RealCgroups.required == nil ? 20 : 4)

    /// The program that guards a cgroup, and what the cgroup was before.
    private final class Guarded {
        let scratch: GuardScratch
        let program: ProgramRun
        let environment: [String: String]
        private let files: [String]
        private let originals: [String]

        init(_ trees: Trees, limit: UInt64 = 200, _ options: String...) throws {
            scratch = try GuardScratch(trees, limitMebibytes: limit)
            files =
                scratch.isLegacy
                ? ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"]
                : ["memory.max", "memory.high"]
            originals = files.map(scratch.text)
            environment = ["CGWARDEN_STATE_DIRECTORY": scratch.journal.directory]
            program = try ProgramRun(
                ProgramRun.cgwarden,
                ["guard-cgroup", scratch.target.path.description] + options,
                environment: environment, input: nil)
            try awaiting("it is guarded; it said: \(program.errors)") {
                String(decoding: program.bytes, as: UTF8.self).contains("guarded\n")
            }
        }

        deinit { scratch.endProcesses() }

        /// Values that are not what they were.
        var changed: [String] {
            var list = zip(files, originals).filter { scratch.text($0) != $1 }.map { $0.0 }
            if let disabled = scratch.number("oom_kill_disable", of: "memory.oom_control"),
                disabled != 0
            {
                list.append("memory.oom_control")
            }
            return list + (scratch.isAskedToFreeze ? ["frozen"] : [])
        }

        /// The standby process.
        var guardian: Int32? {
            let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
            return all.compactMap { Int32($0) }.first { pid in
                let path = "/proc/\(pid)/cmdline"
                let line = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
                return line.contains("guardian") && line.contains(scratch.journal.directory)
            }
        }
    }

    /// At any moment: while it is armed, frozen, raised, thawed or brought back.
    @Test func guardKilledAtAnyTimeLeavesNothingFrozen() throws {
        var generator = SystemRandomNumberGenerator()
        var moments: [String: Int] = [:]
        var slowest = 0.0
        for round in 0..<Self.kills {
            let guarded = try Guarded(
                Self.trees, limit: 60, "--longest", "700ms", "--resume-for", "100ms", "--step",
                "20MiB",
                "--ceiling", "120MiB")
            try guarded.scratch.allocate(mebibytesPerSecond: 200, upTo: 400)
            // A guest is slow to come to anything.
            let longest = RealCgroups.required == nil ? 1.6 : 8
            let wait = Double.random(in: 0...longest, using: &generator)
            Thread.sleep(forTimeInterval: wait)
            let moment =
                "frozen \(guarded.scratch.isAskedToFreeze), "
                + "raised \(guarded.changed.contains { $0.contains("max") || $0.contains("limit") })"
            guarded.program.send(SIGKILL)
            let start = ContinuousClock.now
            moments[moment, default: 0] += 1
            try awaiting("it goes on after \(wait) s, round \(round)") {
                !guarded.scratch.isAskedToFreeze
                    && !guarded.changed.contains("memory.oom_control")
            }
            let time = Double((ContinuousClock.now - start) / .milliseconds(1))
            slowest = max(slowest, time)
            guarded.scratch.endProcesses()
            try awaiting("the guardian has done its work") { guarded.guardian == nil }
            let restored = try ProgramRun.run(
                ProgramRun.cgwarden, ["restore"], environment: guarded.environment)
            #expect(restored.status == 0, "\(restored.output) \(restored.errors)")
            #expect(guarded.changed.isEmpty, "round \(round): \(guarded.changed)")
            #expect(try guarded.scratch.journal.entries().isEmpty)
        }
        print(
            "guardian: \(Self.kills) kills, nothing frozen and the OOM killer back after at most "
                + "\(slowest) ms; \(moments.sorted { $0.key < $1.key })")
    }

    @Test func guardKilledWhileFrozenIsThawedEarly() throws {
        let guarded = try Guarded(Self.trees, "--longest", "1h")
        try guarded.scratch.allocate(mebibytesPerSecond: 100)
        try awaiting("it is frozen") { guarded.scratch.isFrozen }
        guarded.program.send(SIGKILL)
        try awaiting("it is thawed") { guarded.changed.isEmpty }
    }

    @Test func orderlyStopLeavesNothingToTheGuardian() throws {
        let guarded = try Guarded(Self.trees)
        let guardian = try #require(guarded.guardian)
        guarded.program.send(SIGTERM)
        #expect(try guarded.program.result().status == 0)
        try awaiting("the guardian ends") { kill(guardian, 0) != 0 }
        #expect(guarded.changed.isEmpty)
        let log = "\(guarded.scratch.journal.directory)/guardian.log"
        #expect(!FileManager.default.fileExists(atPath: log))
    }

    /// It has its own session, so that no signal of a terminal or process group reaches it.
    @Test func guardianSurvivesSignalsAndIsReplaced() throws {
        let guarded = try Guarded(Self.trees)
        let first = try #require(guarded.guardian)
        #expect(getsid(first) != getsid(guarded.program.pid))
        let score = try String(contentsOfFile: "/proc/\(first)/oom_score_adj", encoding: .utf8)
        #expect(score == (mayLowerScores ? "-900\n" : "0\n"))
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] { kill(first, signal) }
        usleep(100_000)
        #expect(kill(first, 0) == 0)
        kill(first, SIGKILL)
        let second = try awaiting("another one stands by") {
            guarded.guardian.flatMap { $0 == first ? nil : $0 }
        }
        guarded.program.send(SIGKILL)
        try awaiting("it puts all back") { guarded.changed.isEmpty }
        try awaiting("the guardian ends") { kill(second, 0) != 0 }
    }

    /// A hung process does not thaw in time, so the guardian does.
    @Test func guardianThawsAtTheDeadlineOfAHungProcess() throws {
        // A machine may be too slow to stop it before a deadline.
        for longest in [1, 5, 25, 125] {
            let guarded = try Guarded(Self.trees, "--longest", "\(longest)s")
            let member = try guarded.scratch.allocate(mebibytesPerSecond: 100)
            try awaiting("it is frozen, or was") { guarded.scratch.isFrozen || member.hasEnded }
            try guarded.program.stop()
            let wasFrozen = guarded.scratch.isFrozen
            try awaiting("it is thawed", seconds: 300) { !guarded.scratch.isAskedToFreeze }
            guarded.program.send(SIGKILL)
            try awaiting("all is put back; changed are \(guarded.changed)") {
                guarded.changed.isEmpty
            }
            if wasFrozen { return }
        }
        Issue.record("it was thawed before it could be stopped, every time")
    }
}
