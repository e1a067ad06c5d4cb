import KernelIO
import Policy
import Synchronization
import Testing

@testable import Enforcement

/// Row 46: a machine without journald.
@Suite struct JournalSinkTests {
    @Test func withoutJournaldNoticesGoToStandardErrorAndNobodyWaits() {
        let lines = Mutex<[String]>([])
        let sink = JournalSink(socket: "/nowhere/journal") { line in
            lines.withLock { $0.append(line) }
        }
        let start = MonotonicClock.nanoseconds
        for number in 0..<100 {
            sink.send(
                Notice(
                    sinks: [], level: .warning, text: "notice \(number)",
                    fields: ["CGWARDEN_RULE": "r", "CGWARDEN_GROUP": "/a"]))
        }
        #expect(MonotonicClock.nanoseconds - start < 500_000_000)
        #expect(sink.waitUntilSent(within: .seconds(20)))
        let told = lines.withLock { $0 }
        #expect(told.count == 100)
        #expect(told.first == "cgwarden: warning: notice 0 (rule r, cgroup /a)")
        #expect(sink.dropped == 0)
    }
}
