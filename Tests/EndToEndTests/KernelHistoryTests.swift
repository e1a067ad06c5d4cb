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

    /// Without a folder of the host's own daemon, the command says what the running one does.
    @Test(
        .enabled(
            if: !FileManager.default.fileExists(atPath: "/var/lib/cgwarden/history")
                && !FileManager.default.fileExists(atPath: "/etc/cgwarden"),
            "this host has a history or a configuration"),
        arguments: [
            ("a,b", "the running daemon keeps its history elsewhere; use --history FOLDER\n"),
            ("", "the running daemon keeps no history; name a recording with --history\n"),
        ])
    func aCommandWithoutHistoryNamesTheRunningDaemons(name: String, remedy: String) throws {
        let places = try DaemonPlaces("defaults: {interval: 100ms}\n")
        let folder = "\(places.folder)/\(name)"
        let daemon = try RunningDaemon(places, ["--history", name.isEmpty ? "-" : folder])
        let result = try daemon.ask("tree", "--at", "-1h")
        #expect(result.status == 69)
        let end = remedy.replacing("FOLDER", with: folder)
        #expect(
            result.errors == "cgwarden: no history in /var/lib/cgwarden/history; \(end)",
            "\(result.errors)")
        #expect(try daemon.end().status == 0)
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
