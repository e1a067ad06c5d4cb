import Actuation
import CgroupModel
import Foundation
import Glibc
import Hierarchy
import KernelIO
import Policy
import PolicyLanguage
import Testing
import TestSupport

@testable import Enforcement

@Suite(.enabled(if: RealCgroups.usable, "needs root and a mounted cgroup tree"))
final class KernelEnforcerTests {
    private let scratch: ScratchHierarchy
    private let state = NSTemporaryDirectory() + "cgwarden-enforcer-\(UUID().uuidString)"

    init() throws { scratch = try ScratchHierarchy() }

    deinit { try? FileManager.default.removeItem(atPath: state) }

    private var journal: UndoJournal { UndoJournal(directory: state) }

    private func actions(_ set: HierarchySet? = nil) -> KernelActions {
        KernelActions(
            set: set ?? scratch.set, files: KernelControlFiles(), journal: journal,
            thawGuard: ThawGuard(program: Self.program))
    }

    private func target(_ name: String) throws -> Effect.Target {
        try .now("\(scratch.path(name))", in: scratch.set)
    }

    private static let program = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: ".build/debug/cgwarden").path()

    static let kill = Effect.Kind.kill(
        signal: "TERM", grace: .milliseconds(500), force: true)

    private func isAlive(_ process: ScratchProcess) -> Bool {
        (ProcessReader(.live).stat(process.pid)?.state).map { $0 != "Z" } ?? false
    }

    /// v1 freezes before it kills, and needs the program to thaw if that fails.
    private var unified: HierarchySet? {
        scratch.set.unified.map { scratch.set.only([scratch.set.hierarchies[$0]]) }
    }

    @Test func recreatedCgroupSurvivesAKillOfTheOldOne() throws {
        try scratch.make("a")
        let old = try target("a")
        try scratch.remove("a")
        #expect(actions().once(.make(1, Self.kill, on: old)).outcome == .gone)
        try scratch.make("a")
        let process = try ScratchProcess("exec sleep 300", in: "a", of: scratch)
        #expect(
            actions().once(.make(2, Self.kill, on: old)).outcome
                == .vetoed("the path now belongs to another cgroup"))
        #expect(isAlive(process))
    }

    @Test(.enabled(if: RealCgroups.set?.unified != nil, "needs a v2 tree"))
    func killSucceedsOnceTheCgroupIsEmpty() throws {
        try scratch.make("a")
        let target = try Effect.Target.now("\(scratch.path("a"))", in: try #require(unified))
        let actions = actions(unified)
        #expect(
            actions.once(.make(1, Self.kill, on: target)).outcome
                == .ineffective("it was empty"))
        let process = try ScratchProcess(
            "trap '' TERM; echo; while :; do sleep 1; done", in: "a", of: scratch)
        process.waitUntilReady()
        let asked = actions.once(
            .make(
                2, .kill(signal: "TERM", grace: .milliseconds(300), force: false), on: target))
        #expect(asked.outcome.word == "ineffective" && isAlive(process))
        #expect(actions.once(.make(3, Self.kill, on: target, isDryRun: true)).outcome == .done)
        #expect(isAlive(process))
        #expect(actions.once(.make(4, Self.kill, on: target)).outcome == .done)
        #expect(!isAlive(process))
    }

    @Test func rootCgroupIsNeverChanged() throws {
        let root = try Effect.Target.now("/", in: scratch.set)
        for kind in [
            Self.kill, .freeze(deadline: .seconds(1)), .reclaim(Reclaiming(.bytes(4096))),
            .set([.of("pids.max", 1)]),
        ] {
            for isDryRun in [true, false] {
                let result = actions().once(.make(1, kind, on: root, isDryRun: isDryRun))
                #expect(result.outcome.word == "vetoed", "\(kind): \(result.outcome)")
            }
        }
        #expect(try journal.entries().isEmpty)
    }

    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: program), "needs the built program"))
    func freezeAndThawAreConfirmed() throws {
        try scratch.make("a")
        let process = try ScratchProcess("echo; exec sleep 300", in: "a", of: scratch)
        process.waitUntilReady()
        let target = try target("a")
        let enforcer = Enforcer(
            actions: actions(), hooks: FakeHooks(nil), policyHooks: [], notices: NoticeLog())
        enforcer.enforce([
            .make(1, .freeze(deadline: .seconds(30)), on: target),
            .make(2, .log(.info, text: "then"), on: target),
        ])
        #expect(enforcer.waitUntilIdle(within: .seconds(60)))
        #expect(enforcer.takeResults().map(\.outcome) == [.done, .done])
        #expect(try journal.entries().count == 1)
        enforcer.enforce([.make(3, .thaw, on: target)])
        #expect(enforcer.waitUntilIdle(within: .seconds(60)))
        #expect(enforcer.takeResults().map(\.outcome) == [.done])
        #expect(try journal.entries().isEmpty)
    }

    @Test(.enabled(if: RealCgroups.hasLegacy, "needs root and v1 memory, cpu and pids"))
    func limitBelowUsageIsRetriedAndRolledBack() throws {
        // With swap it can be reached.
        let swaps = try String(contentsOfFile: "/proc/swaps", encoding: .utf8)
        if swaps.split(separator: "\n").count > 1 {
            try Test.cancel("it needs v1 memory and no swap")
        }
        try scratch.make("a")
        let process = try ScratchProcess.holding(megabytes: 64, in: "a", of: scratch)
        process.waitUntilReady()
        let enforcer = Enforcer(
            actions: actions(), hooks: FakeHooks(nil), policyHooks: [], notices: NoticeLog())
        let start = MonotonicClock.nanoseconds
        enforcer.enforce([.make(1, .set([.of("memory.max", 8 << 20)]), on: try target("a"))])
        // The ticks continue, and none of them considers it hung.
        var seen: [EffectResult] = []
        _ = Deadline(after: .seconds(60)).wait {
            seen += enforcer.takeResults()
            return !seen.isEmpty
        }
        let result = try #require(seen.first)
        #expect(result.outcome.word == "failed" && result.outcome.errno == .busy)
        #expect(MonotonicClock.nanoseconds - start > 7_000_000_000)
        #expect(result.changes.count == 1)
        #expect(result.changes.allSatisfy { $0.before == $0.after })
        #expect(try journal.entries().isEmpty)
    }

    private static let countsSwap =
        RealCgroups.set.flatMap { set in
            set.legacy(.memory).map {
                set.hierarchies[$0].directory.pathText + "/memory.memsw.limit_in_bytes"
            }
        }.map { FileManager.default.fileExists(atPath: $0) } ?? false

    @Test(.enabled(if: RealCgroups.usable && countsSwap, "needs v1 memory that counts swap"))
    func memoryAndSwapLimitsChangeTogetherAndAreRestored() throws {
        try scratch.make("a")
        let target = try target("a")
        let before = scratch.text("memory.memsw.limit_in_bytes", of: "a")
        for (index, megabytes) in [512, 64, 256].enumerated() {
            let bytes = UInt64(megabytes) << 20
            let result = actions().once(
                .make(
                    Effect.ID(index),
                    .set([.of("memory.max", bytes), .of("memory.memsw.max", bytes)]),
                    on: target))
            #expect(result.outcome == .done && result.changes.count == 2)
        }
        let keys = [LimitKey("memory.max"), LimitKey("memory.memsw.max")]
        let result = actions().once(.make(9, .restore(keys), on: target))
        #expect(result.outcome == .done && result.changes.count == 2)
        #expect(scratch.text("memory.memsw.limit_in_bytes", of: "a") == before)
        #expect(try journal.entries().isEmpty)
    }

    /// Row 43: its processes sit in a larger cgroup in the trees that could freeze it, so that of
    /// v1 gets one of its own for just them.
    @Test(
        .enabled(
            if: RealCgroups.set?.legacy(.freezer) != nil && RealCgroups.set?.legacy(.pids) != nil,
            "needs freezer and pids of v1"),
        .enabled(if: FileManager.default.isExecutableFile(atPath: program), "needs the program"))
    func shadowIsFrozenIfMembersDiffer() throws {
        try scratch.make("a")
        try scratch.make("b")
        let other = try ScratchProcess("echo; exec sleep 300", in: "b", of: scratch)
        let process = try ScratchProcess("echo; exec sleep 300", in: "a", of: scratch)
        for one in [other, process] { one.waitUntilReady() }
        let set = scratch.set
        let freezing = try #require(set.legacy(.freezer))
        for index in [freezing, set.unified].compactMap(\.self) {
            let place = scratch.directory(set.hierarchies[index], Array("b".utf8))
            let file = String(decoding: place, as: UTF8.self) + "/cgroup.procs"
            try Data("\(process.pid)".utf8).write(to: URL(filePath: file))
        }
        func place() -> String {
            let text = (try? String(contentsOfFile: "/proc/\(process.pid)/cgroup", encoding: .utf8))
            let line = text?.split(separator: "\n").first { $0.contains(":freezer:") }
            return line?.split(separator: ":").last.map(String.init) ?? "none"
        }
        let shared = "\(scratch.path("b"))"
        #expect(place() == shared)
        let target = try target("a")
        let frozen = actions().once(.make(1, .freeze(deadline: .seconds(30)), on: target))
        #expect(frozen.outcome == .done, "\(frozen.outcome)")
        #expect(place().hasPrefix("\(shared)/cgwarden/shadow-"), "\(place())")
        // The other one continues.
        #expect(scratch.text("freezer.state", of: "b") == "THAWED\n")
        let directory =
            String(
                decoding: set.hierarchies[freezing].directory, as: UTF8.self) + place()
        let state = try String(contentsOfFile: directory + "/freezer.state", encoding: .utf8)
        #expect(state == "FROZEN\n")
        #expect(actions().once(.make(2, .thaw, on: target)).outcome == .done)
        #expect(place() == shared)
        #expect(!FileManager.default.fileExists(atPath: directory))
        #expect(try journal.entries().isEmpty)
    }
}
