import PolicyLanguage
import Synchronization
import Testing

@testable import Enforcement

/// Row 46: a machine without journald.
@Suite struct JournalSinkTests {
    @Test(.timeLimit(.minutes(5))) func noticesGoToStandardErrorWithoutJournald() {
        let lines = Mutex<[String]>([])
        let door = Door()
        let sink = JournalSink(socket: "/nowhere/journal") { notice in
            door.wait()
            lines.withLock { $0.append(notice.line) }
        }
        for number in 0..<100 {
            sink.send(
                Notice(
                    sinks: [], level: .warning, text: "notice \(number) on /a",
                    fields: ["CGWARDEN_RULE": "r1", "CGWARDEN_GROUP": "/a"]))
        }
        door.open()
        #expect(sink.waitUntilSent(within: .seconds(60)))
        let told = lines.withLock { $0 }
        #expect(told.count == 100)
        #expect(told.first == "cgwarden: warning: notice 0 on /a (rule r1)")
        #expect(sink.dropped == 0)
    }
}
