import CgroupModel
import Testing

@testable import Policy

/// State changes of rules in the audit log.
@Suite struct MoveTests {
    private func move(_ note: String?, _ phase: AuditRecord.Phase = .state) -> AuditRecord.Move? {
        AuditRecord(
            wallTime: 1, sequence: 1, phase: phase, origin: .rule("r"), note: note
        ).move
    }

    @Test(arguments: RuleState.allCases) func everyStateChangeIsParsed(_ state: RuleState) {
        #expect(move("idle -> \(state.text)") == .init(from: .idle, to: state))
        #expect(move("\(state.text) -> idle: it left the group") == .init(from: state, to: .idle))
        #expect(move("\(state.text) -> gone") == .init(from: state, to: nil))
        #expect(
            AuditRecord.Move(from: state, to: .active).isFiring == (state != .clearing))
    }

    @Test func otherNotesAreNotStateChanges() {
        #expect(move("loaded") == nil && move(nil) == nil)
        #expect(move("idle -> active", .plan) == nil)
    }
}
