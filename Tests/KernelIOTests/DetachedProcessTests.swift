import KernelIO
import Testing

/// The first line of a process that outlives its parent.
@Suite struct DetachedProcessTests {
    private func firstLine(_ script: String, within time: Duration) throws -> FirstLine {
        try DetachedProcess.start(
            "/bin/sh", ["sh", "-c", script],
            directory: OwnedDescriptor.directory(Array("/".utf8))
        ).firstLine(within: time)
    }

    @Test func firstLineIsRead() throws {
        let line = try firstLine("echo ready; echo more; read end", within: .seconds(60))
        #expect(line == .text("ready") && line.text == "ready")
        #expect(try firstLine("printf 'no memory'", within: .seconds(60)) == .text("no memory"))
    }

    @Test func processThatEndsDiffersFromOneThatDoesNotAnswer() throws {
        let ended = try firstLine("exit 1", within: .seconds(60))
        #expect(ended == .ended && "\(ended)" == "ended before it was ready")
        let late = try firstLine("read end", within: .seconds(1))
        #expect(late == .late(.seconds(1)) && "\(late)" == "did not answer within 1 s")
    }
}
