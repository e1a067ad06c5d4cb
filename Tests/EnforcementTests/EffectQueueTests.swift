import CgroupModel
import Policy
import PolicyLanguage
import Testing

@testable import Enforcement

@Suite struct EffectQueueTests {
    private var queue = EffectQueue(bounds: Enforcer.Bounds())

    private static func target(_ inode: UInt64) -> Effect.Target {
        Effect.Target(
            path: CgroupPath("/\(inode)"), cgroup: CgroupID(inode: inode, generation: 1))
    }

    private func effect(
        _ id: Effect.ID, on inode: UInt64, chain: UInt64? = nil, _ kind: Effect.Kind? = nil,
        continuesOnError: Bool = false
    ) -> Effect {
        .make(
            id, kind ?? .freeze(deadline: .seconds(60)), on: Self.target(inode), chain: chain,
            continuesOnError: continuesOnError)
    }

    private mutating func start(_ now: UInt64 = 0) -> [EffectQueue.Job] {
        queue.startable(now: now) { _ in .zero }
    }

    private mutating func finish(
        _ job: EffectQueue.Job, _ outcome: EffectResult.Outcome = .done
    ) {
        queue.finish(job.number, job.effects.map { EffectResult(id: $0.id, outcome: outcome) })
    }

    private static let second: UInt64 = 1_000_000_000

    @Test mutating func effectsOnOneCgroupAreOrderedAndOthersConcurrent() {
        queue.add([effect(1, on: 7), effect(2, on: 7), effect(3, on: 8)])
        let first = start()
        #expect(first.map { $0.effects[0].id } == [1, 3])
        #expect(start().isEmpty)
        finish(first[0])
        #expect(start().map { $0.effects[0].id } == [2])
    }

    /// At the end of the policy a thousand pending limits were still set after SIGTERM.
    @Test mutating func pendingEffectsAreDroppedExceptUndos() {
        let busy = (1...8).map { effect($0, on: $0) }
        queue.add(busy + [effect(9, on: 9), effect(10, on: 1), effect(11, on: 1, .thaw)])
        let running = start()
        #expect(running.count == 8)
        queue.dropWaiting()
        #expect(
            queue.takeResults().map { "\($0.id) \($0.outcome.word)" } == [
                "9 skipped", "10 skipped",
            ])
        finish(running[0])
        #expect(start().map { $0.effects[0].id } == [11])
    }

    @Test mutating func chainIsOrderedAcrossCgroups() {
        queue.add([effect(1, on: 7, chain: 5), effect(2, on: 8, chain: 5)])
        let first = start()
        #expect(first.count == 1)
        finish(first[0])
        #expect(start().map { $0.effects[0].id } == [2])
    }

    @Test mutating func failureEndsOnlyItsChain() {
        queue.add([
            effect(1, on: 7, chain: 5), effect(2, on: 7, chain: 5), effect(3, on: 7, chain: 5),
            effect(4, on: 7, chain: 6),
        ])
        finish(start()[0], .failed(.init("no")))
        #expect(start().map { $0.effects[0].id } == [4])
        #expect(queue.takeResults().map(\.outcome.word) == ["failed", "skipped", "skipped"])
        // A later firing under the same number is not held to account.
        queue.add([effect(5, on: 9, chain: 5)])
        #expect(start().map { $0.effects[0].id } == [5])
    }

    @Test mutating func failureDoesNotEndAContinuingChain() {
        queue.add([
            effect(1, on: 7, chain: 5, continuesOnError: true), effect(2, on: 7, chain: 5),
        ])
        finish(start()[0], .failed(.init("no")))
        #expect(start().count == 1)
    }

    @Test mutating func vetoOfAHookEndsEvenAContinuingChain() {
        queue.add([
            effect(
                1, on: 7, chain: 5, .hook(name: "h", phase: .apply, waits: true),
                continuesOnError: true), effect(2, on: 7, chain: 5),
        ])
        finish(start()[0], .vetoed("no"))
        #expect(start().isEmpty)
        #expect(queue.takeResults().map(\.outcome.word) == ["vetoed", "skipped"])
    }

    @Test mutating func partialAndIneffectiveResultsContinueTheChain() {
        queue.add([
            effect(1, on: 7, chain: 5), effect(2, on: 7, chain: 5), effect(3, on: 7, chain: 5),
        ])
        finish(start()[0], .partial("less"))
        finish(start()[0], .ineffective("not"))
        #expect(start().count == 1)
    }

    @Test mutating func effectPastItsDeadlineIsHungAndBlocksItsCgroup() {
        queue.add([effect(1, on: 7, chain: 5), effect(2, on: 7, chain: 5), effect(3, on: 7)])
        let job = start(0)[0]
        queue.giveUp(now: 5 * Self.second - 1)
        #expect(queue.takeResults().isEmpty)
        queue.giveUp(now: 5 * Self.second)
        #expect(start(5 * Self.second).isEmpty)
        #expect(queue.takeResults().map(\.outcome.word) == ["hung", "skipped", "vetoed"])
        #expect(queue.isQuarantined(CgroupID(inode: 7, generation: 1)))
        // Others continue, and thaws are attempted.
        queue.add([effect(4, on: 8), effect(5, on: 7), effect(6, on: 7, .thaw)])
        #expect(start().map { $0.effects[0].id } == [4, 6])
        queue.giveUp(now: 60 * Self.second)
        finish(job)
        #expect(!queue.isQuarantined(CgroupID(inode: 8, generation: 2)))
        #expect(queue.takeResults().filter { $0.id == 1 }.map(\.outcome) == [.done])
    }

    @Test mutating func pausesDoNotCountTowardsTheDeadline() {
        queue.add([effect(1, on: 7)])
        let job = start(0)[0]
        queue.extend(job.number, by: .seconds(7))
        queue.giveUp(now: 11 * Self.second)
        #expect(queue.takeResults().isEmpty)
        queue.giveUp(now: 12 * Self.second)
        #expect(queue.takeResults().count == 1)
    }

    @Test mutating func hungThreadsAreReplacedUpToALimit() {
        var bounds = Enforcer.Bounds()
        bounds.threads = 2
        bounds.abandoned = 1
        queue = EffectQueue(bounds: bounds)
        queue.add((1...6).map { effect($0, on: $0) })
        #expect(start(0).count == 2)
        queue.giveUp(now: 5 * Self.second)
        // Two hang, one of them is replaced.
        #expect(start(5 * Self.second).count == 1)
        #expect(start(5 * Self.second).isEmpty)
        // Effects without a thread are not delayed.
        queue.add([effect(9, on: 9, .log(.info, text: "x"))])
        #expect(start(5 * Self.second).map { $0.effects[0].id } == [9])
    }

    @Test mutating func effectsBeyondTheQueueLimitAreRefused() {
        var bounds = Enforcer.Bounds()
        bounds.waiting = 3
        queue = EffectQueue(bounds: bounds)
        queue.add((1...5).map { effect($0, on: 1) })
        #expect(queue.takeResults().map(\.id) == [4, 5])
    }

    @Test mutating func settingsOfOnePoolAreOneJob() {
        func setting(_ id: Effect.ID, on inode: UInt64, pool: String) -> Effect {
            var effect = effect(id, on: inode, .set([.of("pids.max", 7)]))
            effect.origin = .pool(pool)
            return effect
        }
        queue.add([
            setting(1, on: 1, pool: "p"), effect(2, on: 9), setting(3, on: 2, pool: "p"),
            setting(4, on: 3, pool: "q"), setting(5, on: 1, pool: "p"),
        ])
        #expect(start().map { $0.effects.map(\.id) } == [[1, 3], [2], [4]])
    }

    @Test mutating func valuesOfACgroupAndItsAncestorsAreSetInOrder() {
        func setting(_ id: Effect.ID, _ path: String, _ kind: Effect.Kind) -> Effect {
            .make(
                id, kind,
                on: Effect.Target(
                    path: CgroupPath(path), cgroup: CgroupID(inode: id, generation: 1)))
        }
        let set = Effect.Kind.set([.of("pids.max", 7)])
        queue.add([
            setting(1, "/a/b", set), setting(2, "/a", .restore([LimitKey("pids.max")])),
            setting(3, "/a/b/c", set), setting(4, "/a/x", set), setting(5, "/ab", set),
            setting(6, "/a/b/d", .thaw),
        ])
        let first = start()
        #expect(first.map { $0.effects[0].id } == [1, 5, 6])
        finish(first[0])
        // The one below waits for the first, and then for nothing; the sibling for the parent.
        #expect(start().map { $0.effects[0].id } == [2])
    }

    @Test mutating func settingsOfOneChainOnSeveralCgroupsAreOneJob() {
        let set = Effect.Kind.set([.of("pids.max", 7)])
        queue.add([
            effect(1, on: 1, chain: 5, set), effect(2, on: 2, chain: 5, set),
            effect(3, on: 2, chain: 5, set), effect(4, on: 3, chain: 6, set),
        ])
        #expect(start().map { $0.effects.map(\.id) } == [[1, 2], [4]])
        // The third waits for the second's cgroup.
    }
}
