import CgroupModel
import PolicyLanguage
import Testing

@testable import Policy

/// The numbers of audit lines, effects and chains.
@Suite struct AuditTrailTests {
    @Test func numbersGoOnAfterTheLinesAreTaken() {
        var trail = AuditTrail(isDryRun: false)
        trail.wallTime = 7
        trail.record(.veto, .engine, note: "a")
        trail.record(.drift, .engine, note: "b")
        #expect(trail.take().map(\.sequence) == [1, 2])
        #expect(trail.take().isEmpty)
        trail.record(.drift, .engine, note: "c")
        let line = trail.take()[0]
        #expect(line.sequence == 3 && line.wallTime == 7)
        #expect(trail.count(of: .drift) == 2)
        #expect(trail.count(of: .conflict) == 0)
    }

    @Test func everyLineOfAPolicyThatIsTriedOutSaysSo() {
        var trail = AuditTrail(isDryRun: true)
        trail.record(.veto, .engine)
        trail.isDryRun = false
        trail.record(.veto, .engine)
        trail.record(.veto, .engine, isDryRun: true)
        #expect(trail.take().map(\.isDryRun) == [true, false, true])
    }

    @Test func effectIsRecordedAndPendingUntilItIsAnswered() {
        var scene = PartScene()
        let row = Row(1)
        let target = scene.sight.target(row)
        let id = scene.outbox.send(.thaw, .engine, row, target, Cause("x"), &scene.trail)
        #expect(scene.outbox.unanswered(id)?.row == row)
        #expect(scene.outbox.rowsBeingThawed == [row])
        #expect(scene.trail.take().map(\.effect) == [id])
        #expect(scene.outbox.take().map(\.chain) == [1])
        #expect(scene.outbox.newChain() == 2)
        scene.outbox.close(id)
        #expect(scene.outbox.unanswered(id) == nil)
    }

    /// Nothing depends on whether people were reached.
    @Test func noAnswerIsWaitedForFromANotice() {
        var scene = PartScene()
        let row = Row(0)
        let id = scene.outbox.send(
            .log(.notice, text: "t"), .engine, row, scene.sight.target(row), Cause("x"),
            &scene.trail)
        #expect(scene.outbox.unanswered(id) == nil)
    }

    @Test func resultsOfACgroupThatIsGoneAreNotWaitedFor() {
        var scene = PartScene()
        let ids = [Row(0), Row(1)].map { row in
            scene.outbox.send(
                .thaw, .engine, row, scene.sight.target(row), Cause("x"), &scene.trail)
        }
        scene.outbox.forget(Row(0))
        #expect(ids.map { scene.outbox.unanswered($0) != nil } == [false, true])
    }
}
