import Foundation
import Glibc
import KernelIO
import Policy
import Synchronization
import Testing

@testable import Enforcement

/// A socket that stands for journald's.
private final class FakeJournald: Sendable {
    let path = "\(NSTemporaryDirectory())cgwarden-journald-\(UUID().uuidString.prefix(8))"
    private let socket: Int32

    init() throws {
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { raw in
            unsafe raw.copyBytes(from: bytes)
        }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0)
    }

    deinit {
        close(socket)
        try? FileManager.default.removeItem(atPath: path)
    }

    func receive() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = unsafe recv(socket, &bytes, bytes.count, 0)
        return Array(bytes.prefix(max(0, count)))
    }
}

@Suite struct NoticeTests {
    private let notice = Notice(
        sinks: ["pager"], level: .warning, text: "frozen",
        fields: ["CGWARDEN_RULE": "r", "CGWARDEN_GROUP": "/a"])

    @Test func journaldGetsTheFields() throws {
        let journald = try FakeJournald()
        let sink = JournalSink(socket: journald.path, otherwise: { Issue.record("\($0)") })
        sink.send(notice)
        #expect(
            String(decoding: journald.receive(), as: UTF8.self)
                == "MESSAGE=frozen\nPRIORITY=4\nSYSLOG_IDENTIFIER=cgwarden\nCGWARDEN_GROUP=/a\n"
                + "CGWARDEN_RULE=r\n")
        sink.send(Notice(sinks: [], level: .error, text: "a\nb"))
        let bytes = journald.receive()
        #expect(
            bytes.starts(
                with: Array("MESSAGE\n".utf8) + [3, 0, 0, 0, 0, 0, 0, 0] + Array("a\nb\n".utf8)))
        #expect(sink.dropped == 0)
    }

    @Test func withoutJournaldItIsStandardError() {
        let lines = Mutex<[String]>([])
        let sink = JournalSink(socket: "/nonexistent/socket") { line in
            lines.withLock { $0.append(line) }
        }
        sink.send(notice)
        #expect(sink.waitUntilSent(within: .seconds(5)))
        #expect(lines.withLock { $0 } == ["cgwarden: warning: frozen (rule r, cgroup /a)"])
    }

    @Test func aJournaldThatReadsNothingHoldsNobodyUp() throws {
        let journald = try FakeJournald()
        let sink = JournalSink(socket: journald.path, otherwise: { _ in })
        let big = Notice(sinks: [], level: .info, text: String(repeating: "x", count: 10_000))
        let start = MonotonicClock.nanoseconds
        for _ in 0..<3000 { sink.send(big) }
        #expect(MonotonicClock.nanoseconds - start < 1_000_000_000)
        #expect(sink.dropped > 0)
    }

    @Test func aNoticeGoesToTheSinksThatItNames() {
        let journal = NoticeLog()
        let pager = NoticeLog()
        let other = NoticeLog()
        let router = NoticeRouter(journal: journal, sinks: ["pager": pager, "other": other])
        router.send(notice)
        router.send(Notice(sinks: ["journald", "unknown"], level: .info, text: "b"))
        #expect(journal.notices.count == 2)
        #expect(pager.notices == [notice] && other.notices.isEmpty)
    }

    @Test func theOldestGivesWay() {
        let door = Door()
        let seen = Mutex<[Int]>([])
        let queue = BackgroundQueue<Int>("test", capacity: 3) { number in
            door.wait()
            seen.withLock { $0.append(number) }
        }
        queue.add(0)
        // The thread has the first one; it cannot be dropped any more.
        usleep(50_000)
        for number in 1...5 { queue.add(number) }
        #expect(queue.dropped == 2)
        door.open()
        #expect(queue.waitUntilEmpty(within: .seconds(5)))
        #expect(seen.withLock { $0 } == [0, 3, 4, 5])
    }
}
