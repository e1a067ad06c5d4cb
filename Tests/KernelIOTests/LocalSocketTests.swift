import CgroupModel
import Foundation
import Testing

@testable import KernelIO

@Suite struct LocalSocketTests {
    private let path = NSTemporaryDirectory() + "cgwarden-test-\(UUID().uuidString)"

    private struct NobodyCame: Error {}

    private func hasVisitor(_ listener: borrowing LocalListener, within: Int32) -> Bool {
        if let connection = listener.accept(within: within) {
            _ = consume connection
            return true
        }
        return false
    }

    @Test func lineGetsAReply() throws {
        let listener = try LocalListener(path)
        let client = try LocalConnection(to: path)
        client.send(Array("status\n".utf8), within: .seconds(60))
        guard let connection = listener.accept(within: 60_000) else { throw NobodyCame() }
        let peer = connection.peer
        #expect(peer == getuid())
        #expect([connection.peerProcess, client.peerProcess] == [getpid(), getpid()])
        let line = connection.line(most: 100, within: .seconds(60))
        #expect(line == "status")
        connection.send(Array("ok\n".utf8), within: .seconds(60))
        _ = consume connection
        let answer = client.received(most: 100, within: .seconds(60))
        #expect(answer == Array("ok\n".utf8))
    }

    @Test func onlyItsOwnerMayConnect() throws {
        let listener = try LocalListener(path)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        let hasVisitor = hasVisitor(listener, within: 1)
        #expect(!hasVisitor)
    }

    @Test func liveSocketIsNotReplaced() throws {
        let listener = try LocalListener(path)
        #expect(throws: IOError.self) { _ = try LocalListener(path) }
        let hasVisitor = hasVisitor(listener, within: 60_000)
        #expect(hasVisitor)
    }

    @Test func staleSocketIsReplaced() throws {
        do {
            let listener = try LocalListener(path)
            try FileManager.default.moveItem(atPath: path, toPath: path + ".kept")
            _ = consume listener
        }
        try FileManager.default.moveItem(atPath: path + ".kept", toPath: path)
        let listener = try LocalListener(path)
        let hasVisitor = hasVisitor(listener, within: 1)
        #expect(!hasVisitor)
    }

    @Test func socketFileIsRemovedAtTheEnd() throws {
        do { _ = try LocalListener(path) }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func endlessLineIsDropped() throws {
        let listener = try LocalListener(path)
        let client = try LocalConnection(to: path)
        client.send(Array(repeating: 0x61, count: 300), within: .seconds(60))
        guard let connection = listener.accept(within: 60_000) else { throw NobodyCame() }
        let tooLong = connection.line(most: 200, within: .seconds(60))
        #expect(tooLong == nil)
        let unended = connection.line(most: 4000, within: .milliseconds(50))
        #expect(unended == nil)
    }

    /// A hung listener accepts no one, and abandoned connections still fill its backlog.
    @Test func fullBacklogFailsImmediatelyAndKeepsTheSocket() throws {
        let listener = try LocalListener(path)
        var refusal: IOError?
        for _ in 0..<100 where refusal == nil {
            do throws(IOError) {
                _ = try LocalConnection(to: path)
            } catch {
                refusal = error
            }
        }
        #expect(refusal?.isTryAgain == true)
        #expect(LocalConnection.isAnswered(at: path))
        #expect(throws: IOError.self) { _ = try LocalListener(path) }
        let hasVisitor = hasVisitor(listener, within: 1000)
        #expect(hasVisitor)
    }

    @Test func tooLongPathIsRefused() {
        #expect(throws: IOError.self) {
            _ = try LocalListener("/tmp/" + String(repeating: "a", count: 200))
        }
    }
}
