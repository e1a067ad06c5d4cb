import Foundation
import History
import TestSupport
import Testing

/// The history that a real daemon keeps.
@Suite(.enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelHistoryTests {
    private func records(_ folder: String) throws -> Int {
        guard var past = try? Past(folder), let span = past.span else { return 0 }
        var count = 0
        try past.samples(span, step: nil) { _ in
            count += 1
            return true
        }
        #expect(past.notes == [])
        return count
    }

    /// kill -9 at random moments costs nothing that was written.
    @Test func killedDaemonLeavesItsHistory() throws {
        let places = try DaemonPlaces("defaults: {interval: 100ms}\n")
        let folder = places.folder + "/past"
        var noise = SeededNoise(seed: 5)
        var before = 0
        for _ in 0..<4 {
            let daemon = try RunningDaemon(
                places, ["--history", folder])
            let wanted = before + Int.random(in: 3...12, using: &noise)
            try awaiting("\(wanted) samples; it said: \(daemon.run.errors)") {
                try records(folder) >= wanted
            }
            let status = try daemon.ask("status")
            #expect(status.output.contains("\nhistory  \(folder), "), "\(status)")
            let json = try daemon.ask("status", "--json")
            #expect(json.output.contains("\"history\":{\"directory\":\"\(folder)\""), "\(json)")
            #expect(try daemon.metric("cgwarden_history_failures_total") == 0)
            daemon.run.send(SIGKILL)
            _ = try daemon.run.result()
            let kept = try records(folder)
            #expect(kept >= wanted)
            before = kept
        }
    }

    @Test func daemonWithAnotherStateDirectoryKeepsNoneUnlessTold() throws {
        let daemon = try RunningDaemon("defaults: {interval: 100ms}\n")
        try daemon.awaitSample()
        #expect(try daemon.ask("status").output.contains("\nhistory  none\n"))
        let text = daemon.places.folder + "/told"
        #expect(try daemon.end().status == 0)
        try daemon.places.write(
            "audit: {journald: false}\nhistory: {directory: \(text)}\n", to: daemon.places.config)
        let told = try RunningDaemon(daemon.places)
        try awaiting("history") { try records(text) > 2 }
        #expect(try told.end().status == 0)
        let off = try RunningDaemon(daemon.places, ["--history", "-"])
        #expect(try off.ask("status").output.contains("\nhistory  none\n"))
        #expect(try off.end().status == 0)
    }
}
