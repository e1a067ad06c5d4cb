import KernelIO
import Reports
import Synchronization

/// The process that keeps a demo running, as seen by the process that shows it.
final class DemoKeeper: Sendable {
    /// The line that it prints once the demo runs.
    static let readyLine = "ready"

    private struct Running: ~Copyable {
        let process: DetachedProcess
    }

    private let running: Mutex<Running>

    /// Starts the process and waits until the demo runs.
    init(seconds: Int, address: String) throws {
        let process = try DetachedProcess.start(
            "/proc/self/exe",
            ["cgwarden", "demo-stage", "--seconds", "\(seconds)", "--address", address],
            directory: OwnedDescriptor.directory(Array("/".utf8)))
        let line = process.firstLine(within: .seconds(120))
        guard line.text == Self.readyLine else { throw Self.failure(line) }
        running = Mutex(Running(process: process))
    }

    /// The line that it prints if the demo cannot run: the exit status and the reason.
    static func failureLine(_ failure: CgwardenError) -> String {
        "\(failure.status.rawValue) \(failure.message.prefix { $0 != "\n" })"
    }

    private static func failure(_ line: FirstLine) -> CgwardenError {
        let parts = (line.text ?? "").split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let number = Int32(parts[0]),
            let status = ExitStatus(rawValue: number)
        else {
            return CgwardenError(
                "the demo did not start: its helper \(line)", .unavailable)
        }
        return CgwardenError("the demo did not start: \(parts[1])", status)
    }

    /// Whether the demo has ended and is removed.
    var hasEnded: Bool { running.withLock { $0.process.hasEnded() } }

    /// Requests the removal of the demo, and waits up to 60 s for it.
    func end() {
        _ = running.withLock { $0.process.send("end") }
        _ = Deadline(after: .seconds(60)).wait { hasEnded }
    }
}
