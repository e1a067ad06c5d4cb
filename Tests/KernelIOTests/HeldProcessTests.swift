import Foundation
import Glibc
import KernelIO
import Testing

@Suite struct HeldProcessTests {
    private func program(_ pid: Int32) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/exe")
    }

    private func end(of child: borrowing ChildProcess) -> ProcessEnd? {
        var end: ProcessEnd?
        _ = Deadline(after: .seconds(60)).wait { () throws(Never) in
            end = child.end()
            return end != nil
        }
        return end
    }

    /// The process is released when this returns.
    private func startAndForget(_ command: [String]) throws -> Int32 {
        let held = try HeldProcess.start(command, namespaces: [])
        return held.pid
    }

    @Test func commandDoesNotRunBeforeItsRelease() throws {
        let held = try HeldProcess.start(["sh", "-c", "exit 5"], namespaces: [])
        Pause.sleep(.milliseconds(100))
        #expect(program(held.pid) == program(getpid()))
        let pid = held.pid
        let child = try held.release()
        #expect(child.pid == pid)
        #expect(end(of: child) == .exited(5))
    }

    @Test func missingCommandFailsAtItsRelease() throws {
        let held = try HeldProcess.start(["cgwarden-test-no-such-command"], namespaces: [])
        do throws(SpawnError) {
            _ = try held.release()
            Issue.record("it runs")
        } catch {
            #expect(error.isNotFound)
        }
    }

    @Test func unreleasedProcessExitsWithoutTheCommand() throws {
        let file = NSTemporaryDirectory() + "cgwarden-test-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let pid = try startAndForget(["touch", file])
        var status: Int32 = 0
        #expect(unsafe waitpid(pid, &status, 0) == pid)
        #expect(status >> 8 == 127)
        #expect(!FileManager.default.fileExists(atPath: file))
    }
}
