import CgroupModel
import Events
import Testing

@testable import Policy
@testable import PolicyLanguage
@testable import Reports
@testable import Service

@Suite struct StatusReportTests {
    private func text(
        lostAuditLines: UInt64 = 0, _ change: (inout PolicyMetrics) -> Void
    ) -> String {
        var state = DaemonState()
        change(&state.policy)
        return StatusReport(
            state, auditFailure: nil, lostAuditLines: lostAuditLines, PolicyDocument(), []
        ).text
    }

    @Test(
        arguments: [
            (1, "exhausted 1 time\n1 conflict\n1 line of the audit log was lost\n"),
            (2, "exhausted 2 times\n2 conflicts\n2 lines of the audit log were lost\n"),
        ] as [(UInt64, String)])
    func countsAgreeWithTheirNouns(count: UInt64, notes: String) {
        let text = text(lostAuditLines: count) {
            $0.budgetHits = [(budget: "b", count: count)]
            $0.conflicts = count
        }
        #expect(text.hasSuffix("\nthe budget b was \(notes)"), "\(text)")
    }

    /// Row 15: until it is back, everybody can see it.
    @Test func unrestoredAndFailingValuesAreShown() {
        let target = Effect.Target(
            path: CgroupPath("/db"), cgroup: CgroupID(inode: 7, generation: 1))
        let owed = text { $0.owed = [(target, LimitKey("memory.max"))] }
        #expect(
            owed.hasSuffix(
                "\nmemory.max of /db could not be restored yet; it is retried at each tick\n"),
            "\(owed)")
        #expect(!text { _ in }.contains("restored yet"))
    }

    @Test func theFirstSampleIsAwaited() {
        #expect(
            text { _ in }.contains("ticks    none: waiting for the first sample (0 s so far)\n"))
    }

    @Test func changesByOtherProgramsAreNamed() {
        let target = Effect.Target(
            path: CgroupPath("/web"), cgroup: CgroupID(inode: 7, generation: 1))
        let drift = AuditRecord(
            wallTime: 0, sequence: 1, phase: .drift, origin: .rule("r"), target: target,
            action: "set",
            changes: [
                EffectResult.Change(
                    key: LimitKey("pids.max"), file: "pids.max", before: "100", wanted: "100",
                    after: "55")
            ], note: "changed by another program: written again")
        let text = text { ($0.drifts, $0.recentDrifts) = (2, [drift]) }
        #expect(text.contains("\nother programs changed 2 values; the last ones:\n"), "\(text)")
        #expect(text.contains("\n  /web pids.max from 100 to 55 at "), "\(text)")
        #expect(text.hasSuffix(": written again\n"), "\(text)")
    }

    @Test func missingHistoryIsNotShownAsAnEmptyOne() throws {
        var missing = HistoryState(directory: "/cgwarden-test-none")
        missing.measure()
        #expect(
            missing.text == "/cgwarden-test-none does not exist: no daemon has kept history yet")
        var json = JSONWriter()
        missing.write(to: &json)
        #expect(!String(decoding: json.take(), as: UTF8.self).contains("bytes"))
    }

    @Test func anEndedCgroupIsNamedWithTheTimeAndTheCauseOfItsEnd() {
        func message(_ details: [EventField: EventValue]) -> String {
            let time = EventTime(wall: 1_790_000_000_000_000, boot: 1)
            let death = Event(.died, time, EventCgroup(CgroupPath("/job")), details)
            return EndedCgroup(CgroupPath("/job"), death).error.message
        }
        let killed = message([.oomKills: .number(1)])
        #expect(killed.hasPrefix("/job ended at "))
        #expect(killed.hasSuffix(" (OOM kill): cgwarden events --cgroup /job"))
        #expect(!message([:]).contains("OOM"))
    }

    @Test func suggestedCommandIsSafeToPaste() {
        let path = CgroupPath("/$(id)")
        let time = EventTime(wall: 1_790_000_000_000_000, boot: 1)
        let ended = EndedCgroup(path, Event(.died, time, EventCgroup(path), [:]))
        #expect(ended.error.message.hasSuffix(": cgwarden events --cgroup '/$(id)'"))
    }
}
