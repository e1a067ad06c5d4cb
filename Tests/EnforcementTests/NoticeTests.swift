import Policy
import Testing

@testable import Enforcement

@Suite struct NoticeTests {
    @Test func aNoticeWithoutFieldsHasNone() {
        #expect(Notice(sinks: ["journald"], level: .notice, text: "a").fields.isEmpty)
    }
}
