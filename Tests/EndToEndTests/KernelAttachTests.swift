import Foundation
import TestSupport
import Testing

/// Views that show the frames of a running daemon.
@Suite(.serialized, .enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroups"))
struct KernelAttachTests {
    @Test func topReadsTheFramesOfTheDaemon() throws {
        let places = try DaemonPlaces("defaults: {interval: 200ms}\n")
        let history = "\(places.folder)/history"
        try places.write(
            "audit: {journald: false}\nhistory: {directory: \"\(history)\"}\n", to: places.config)
        let words = ["top", "-b", "-n", "2", "-d", "500ms", "--json", "--attach"]
        let early = try places.command(words + ["--history", history])
        #expect(early.status != 0 && early.errorLines.count == 1, "\(early.errors)")
        let daemon = try RunningDaemon(places)
        try daemon.awaitSample()
        let cgroup = try ProgramCgroup()
        try daemon.awaitTicks(2)
        let found = try places.command(words + ["--history", history])
        #expect(found.status == 0 && found.errors.isEmpty, "\(found.errors)")
        let samples = try JSONText.objects(found).filter { $0["path"] as? String == cgroup.path }
        let times = samples.compactMap { $0["time"] as? Double }
        #expect(times.count == 2 && times[0] < times[1], "\(times)")
        // The same numbers as in the daemon's own history.
        let kept = try places.command(
            [
                "stat", "--from", "@\(times[0] - 0.001)", "--to", "@\(times[0] + 0.001)",
                "--cgroup", cgroup.path, "--json", "--history", history,
            ])
        let same = try JSONText.objects(kept)
        #expect(same.count == 1, "\(kept.output)")
        for key in ["time", "pids.current", "memory.current", "cpu.usage_usec"] {
            #expect(same.first?[key] as? Double == samples[0][key] as? Double, "\(key)")
        }
        if TerminalSession.isAvailable {
            let session = try TerminalSession(
                TerminalSession.cgwarden("top --attach --history '\(history)'"), columns: 120)
            try session.await("from the daemon")
            try session.press("q")
            #expect(try session.status() == 0)
        }
        #expect(try daemon.end().status == 0)
    }
}
