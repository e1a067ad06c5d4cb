import CgroupModel
import Events
import Testing

@testable import Policy
@testable import PolicyLanguage
@testable import Reports
@testable import Service

@Suite struct StatusReportTests {
    private func text(_ change: (inout PolicyMetrics) -> Void) -> String {
        var state = DaemonState()
        change(&state.policy)
        return StatusReport(
            state, auditFailure: nil, lostAuditLines: 0, PolicyDocument(), []
        ).text
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
}
