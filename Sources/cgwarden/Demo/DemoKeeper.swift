import KernelIO
import Synchronization

/// The process that keeps a demo going, from the side of the one that shows it.
final class DemoKeeper: Sendable {
    /// What it says once there is something to see.
    static let readyLine = "ready"

    private struct Running: ~Copyable {
        let process: DetachedProcess
    }

    private let running: Mutex<Running>

    /// Starts it and waits until there is something to see.
    init(seconds: Int, address: String) throws {
        let process = try DetachedProcess.start(
            "/proc/self/exe",
            ["cgwarden", "demo-stage", "--seconds", "\(seconds)", "--address", address],
            directory: OwnedDescriptor.directory(Array("/".utf8)))
        let line = process.firstLine(before: Deadline(after: .seconds(120)))
        guard line == Self.readyLine else {
            throw CgwardenError(
                "there is no demo: \(line.isEmpty ? "its helper did not answer" : line)",
                .unavailable)
        }
        running = Mutex(Running(process: process))
    }

    /// Whether all is over and removed.
    var hasEnded: Bool { running.withLock { $0.process.hasEnded() } }

    /// Has everything removed, and waits for that.
    func end() {
        _ = running.withLock { $0.process.send("end") }
        _ = Deadline(after: .seconds(60)).wait { hasEnded }
    }
}
