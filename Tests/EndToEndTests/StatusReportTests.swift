import CgroupModel
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
}
