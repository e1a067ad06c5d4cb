import PolicyLanguage
import Synchronization
import Testing

@testable import Enforcement

/// Row 46: a machine without journald.
@Suite struct JournalSinkTests {
    @Test(.timeLimit(.minutes(5))) func noticesGoToStandardErrorWithoutJournald() {
        let lines = Mutex<[String]>([])
        let door = Door()
        let sink = JournalSink(socket: "/nowhere/journal") { line in
            door.wait()
            lines.withLock { $0.append(line) }
        }
        for number in 0..<100 {
            sink.send(
                Notice(
                    sinks: [], level: .warning, text: "notice \(number)",
                    fields: ["CGWARDEN_RULE": "r", "CGWARDEN_GROUP": "/a"]))
        }
        door.open()
        #expect(sink.waitUntilSent(within: .seconds(60)))
        let told = lines.withLock { $0 }
        #expect(told.count == 100)
        #expect(told.first == "cgwarden: warning: notice 0 (rule r, cgroup /a)")
        #expect(sink.dropped == 0)
    }
}
