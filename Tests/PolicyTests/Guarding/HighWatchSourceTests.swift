import CgroupModel
import Configuration
import Testing
import TestSupport

@testable import Policy
@testable import PolicyLanguage

@Suite struct HighWatchSourceTests {
    private let document: PolicyDocument = {
        let position = ConfigPosition(file: "p", line: 1, column: 1)
        var document = PolicyDocument()
        document.groups = [CgroupGroup(name: "db", position: position)]
        document.limits = [
            StandingLimits(
                position: position, group: "db",
                settings: [.limit(LimitKey("memory.high"), .number(100 << 20))])
        ]
        return document
    }()

    /// Usage stands, high events rise, and everybody waits for memory.
    private func context(_ second: UInt64, full: UInt64 = 9000) -> LayerContext {
        var builder = SnapshotBuilder()
        builder.tick = second
        builder.add(
            "/db", inode: 7, generation: 1,
            [
                "memory.current": Reading(100 << 20), "memory.events.high": Reading(second * 50),
                "memory.pressure.full.avg10": Reading(full),
            ])
        let input = PolicyInput(
            snapshot: builder.build(),
            time: PolicyInstant(nanoseconds: (1000 + second) * 1_000_000_000), minuteOfDay: 0)
        return LayerContext(
            input: input, document: document, members: ["db": [0]],
            holding: [true])
    }

    @Test func livelockRaisesMemoryHighForTenMinutes() throws {
        var source = HighWatchSource(document)
        var liftedAt: UInt64?
        for second in 1...60 where liftedAt == nil {
            if source.propose(context(UInt64(second))).wishes != nil { liftedAt = UInt64(second) }
        }
        let lifted = try #require(liftedAt)
        #expect((30...33).contains(lifted))
        #expect(source.propose(context(lifted + 1)).wishes == nil)
        #expect(source.propose(context(lifted + 590, full: 0)).wishes == nil)
        // Then the lower layers have their way again.
        #expect(source.propose(context(lifted + 601, full: 0)).wishes == [])
    }

    @Test func cgroupThatProgressesIsNotTouched() {
        var source = HighWatchSource(document)
        for second in 1...120 {
            #expect(source.propose(context(UInt64(second), full: 3000)).wishes == nil)
        }
    }

    /// The engine looked for its requests under another layer, so that they stayed for ever.
    @Test func theLimitAppliesAgainAfterTheRest() throws {
        let policy = "groups: {g: {path: \"/g\"}}\nlimits: [{on: g, set: {memory.high: 100MiB}}]"
        var run = try EngineRun(
            policy, sources: [HighWatchSource(try EngineRun.document(policy))])
        for second in UInt64(0)...700 {
            let values: [String: Reading] = [
                "memory.current": Reading(100 << 20), "memory.events.high": Reading(second * 50),
                "memory.pressure.full.avg10": Reading(second < 60 ? 9000 : 0),
            ]
            run.tick(Double(second), [EngineRun.Cgroup(path: "/g", values: values)])
        }
        #expect(
            run.acts().map { $0.split(separator: " ").dropFirst().joined(separator: " ") } == [
                "set /g memory.high=100MiB", "set /g memory.high=max", "set /g memory.high=100MiB",
            ])
    }
}
