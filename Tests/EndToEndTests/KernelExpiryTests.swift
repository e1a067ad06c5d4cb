import Foundation
import TestSupport
import Testing

/// Changes that are undone at a deadline, on a real kernel.
@Suite(
    .serialized, .enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelExpiryTests {
    private let folder: ScratchFolder
    private let cgroup: ProgramCgroup

    init() throws {
        folder = try ScratchFolder()
        cgroup = try ProgramCgroup()
        guard cgroup.directory(of: "pids") != nil else {
            try Test.cancel("the pids controller is missing here")
        }
    }

    private var state: String { folder.path("state") }

    /// A time after which a change is undone; long enough for a few commands before.
    private static let time = RunningDaemon.isInGuest ? "8s" : "4s"

    private func run(_ words: String...) throws -> ProgramRun.Result {
        try ProgramRun.run(
            ProgramRun.cgwarden, words, environment: ["CGWARDEN_STATE_DIRECTORY": state])
    }

    private var limit: String? { cgroup.text("pids.max") }

    /// The entries of the journal.
    private func journal() throws -> [[String: Any]] {
        let bytes = try run("journal", "--json").bytes
        return try JSONSerialization.jsonObject(with: Data(bytes)) as? [[String: Any]] ?? []
    }

    private func expiry() throws -> [String: Any]? {
        try journal().first?["expiry"] as? [String: Any]
    }

    private func helper() throws -> Int32 {
        try #require((try expiry()?["helper"] as? Int).map(Int32.init))
    }

    private func isGone(_ pid: Int32) -> Bool {
        let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        return stat.map { $0.contains(") Z ") } ?? true
    }

    @Test func changeIsUndoneAfterItsTime() throws {
        let result = try run("set", cgroup.path, "pids.max=50", "--for", Self.time)
        #expect(
            result.status == 0 && result.output.contains("undone in \(Self.time) (change "),
            "\(result)")
        #expect(limit == "50")
        let helper = try helper()
        try awaiting("the original") { limit == "max" }
        try awaiting("the end of the helper") { isGone(helper) }
        #expect(try run("journal").output == "nothing to undo\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: state) == ["locks"])
    }

    /// The shell that ran the command and everything in its session is killed, with the terminal.
    @Test func changeIsUndoneThoughEverythingElseIsKilled() throws {
        let shell = try ProgramRun(
            "setsid",
            ["sh", "-c", "\"$@\" && echo set && exec sleep 300", "sh", ProgramRun.cgwarden]
                + [
                    "set", cgroup.path, "pids.max=50", "--for",
                    RunningDaemon.isInGuest ? "12s" : "6s",
                ],
            environment: ["CGWARDEN_STATE_DIRECTORY": state])
        try awaiting("the change; it said: \(shell.errors)") { shell.output.contains("set\n") }
        let helper = try helper()
        kill(-shell.pid, SIGHUP)
        kill(-shell.pid, SIGKILL)
        for signal in [SIGHUP, SIGINT, SIGTERM] { kill(helper, signal) }
        #expect(limit == "50" && !isGone(helper))
        try awaiting("the original") { limit == "max" }
    }

    @Test func helperHoldsNoFileOfItsCaller() throws {
        _ = try run("set", cgroup.path, "pids.max=50", "--for", "60s")
        let helper = try helper()
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(helper)/fd")
            .compactMap {
                try? FileManager.default.destinationOfSymbolicLink(
                    atPath: "/proc/\(helper)/fd/\($0)")
            }
        #expect(
            open.allSatisfy {
                $0.hasPrefix("pipe:") || $0 == "/dev/null" || $0.hasPrefix(state)
                    || $0.hasPrefix("anon_inode:")
            }, "\(open)")
        let stat = try String(contentsOfFile: "/proc/\(helper)/stat", encoding: .utf8)
        let session = stat.split(separator: ") ").last?.split(separator: " ")[3]
        #expect(session != "\(getsid(0))")
        #expect(try run("restore").status == 0)
        try awaiting("the end of the helper") { isGone(helper) }
    }

    @Test func valueChangedMeanwhileIsLeftAlone() throws {
        _ = try run("set", cgroup.path, "pids.max=50", "--for", Self.time)
        let helper = try helper()
        try cgroup.write("60", to: "pids.max")
        try awaiting("the end of the helper") { isGone(helper) }
        #expect(limit == "60")
        #expect(try expiry()?["obstacle"] as? String == "something else has changed it since")
        let text = try run("journal").output
        #expect(text.contains("overdue: something else has changed it since"), "\(text)")
        #expect(try run("restore").status == 75)
        #expect(try run("restore", "--force").status == 0)
        #expect(limit == "max")
    }

    @Test func changeOfAKilledHelperIsUndoneByTheNextCommand() throws {
        _ = try run("set", cgroup.path, "pids.max=50", "--for", Self.time)
        let helper = try helper()
        kill(helper, SIGKILL)
        try awaiting("the deadline") { try expiry()?["seconds_left"] as? Double == 0 }
        #expect(limit == "50")
        #expect(try expiry()?["helper_runs"] as? Bool == false)
        // Another change, of another cgroup.
        let other = try ProgramCgroup()
        let result = try run("set", other.path, "pids.max=20")
        #expect(result.status == 0 && result.errors.contains("expired: \(cgroup.path) pids.max"))
        #expect(limit == "max")
        #expect(try run("restore").status == 0)
    }

    @Test func restoreOfAnotherCgroupUndoesOverdueChanges() throws {
        _ = try run("set", cgroup.path, "pids.max=50", "--for", Self.time)
        kill(try helper(), SIGKILL)
        try awaiting("the deadline") { try expiry()?["seconds_left"] as? Double == 0 }
        let other = try ProgramCgroup()
        #expect(try run("restore", other.path).status == 0)
        #expect(limit == "max")
    }

    @Test func daemonUndoesWhatAKilledHelperLeft() throws {
        let places = try DaemonPlaces("defaults: {interval: 200ms}\n")
        #expect(
            try places.command([
                "set", cgroup.path, "pids.max=50", "--for", RunningDaemon.isInGuest ? "8s" : "5s",
            ]).status == 0)
        let bytes = try places.command(["journal", "--json"]).bytes
        let entries = try JSONSerialization.jsonObject(with: Data(bytes)) as? [[String: Any]]
        let expiry = try #require(entries?.first?["expiry"] as? [String: Any])
        kill(Int32(try #require(expiry["helper"] as? Int)), SIGKILL)
        let daemon = try RunningDaemon(places)
        try awaiting("the original; it said: \(daemon.run.errors)") { limit == "max" }
        try awaiting("the log; it said: \(daemon.run.errors)") {
            daemon.run.errors.contains("expired: ")
        }
        #expect(try daemon.end().status == 0)
    }

    @Test func journalAndShowNameTheLimitAndItsValueAsGetDoes() throws {
        guard cgroup.directory(of: "memory") != nil, cgroup.directory(of: "cpu") != nil else {
            try Test.cancel("the memory or the cpu controller is missing here")
        }
        let set = try run("set", cgroup.path, "memory.max=100MB", "cpu.max=0.5cpus")
        let value = "97656KiB"
        #expect(set.output.contains("max -> 97656KiB") || set.output.contains("(now \(value))"))
        #expect(set.output.contains("max -> 0.5cpus"), "\(set)")
        #expect(try run("get", cgroup.path, "memory.max").output.contains(" \(value) "))
        let journal = try run("journal")
        for words in ["memory.max  max  \(value) ", "cpu.max     max  0.5cpus "] {
            #expect(journal.output.contains(words), "\(journal)")
        }
        let show = try run("show", cgroup.path).output
        #expect(show.contains("memory.max  \(value)  (was max; cgwarden set"), "\(show)")
        #expect(show.contains("cpu.max     0.5cpus  (was max; cgwarden set"), "\(show)")
        #expect(try run("restore").output.contains("restored to max"))
    }

    /// The helper comes at its deadline while the daemon's value is in force.
    @Test func valueWhoseTimePassesUnderADaemonDoesNotReturnAtItsEnd() throws {
        let places = try DaemonPlaces(
            """
            defaults: {interval: 100ms}
            groups: {g: {path: "\(cgroup.path)", populated: false}}
            limits: [{on: g, set: {pids.max: 321}}]

            """)
        #expect(
            try places.command([
                "set", cgroup.path, "pids.max=50", "--for", RunningDaemon.isInGuest ? "20s" : "5s",
            ]).status == 0)
        #expect(limit == "50")
        let daemon = try RunningDaemon(places)
        try awaiting("the daemon's value") { limit == "321" }
        try awaiting("the end of the entry") {
            !(try places.command(["journal"]).output.contains(" set pids.max=50"))
        }
        #expect(limit == "321")
        let panic = try daemon.ask("panic")
        #expect(panic.output == "the daemon's changes are undone; daemon stopping\n", "\(panic)")
        #expect(limit == "max")
        #expect(try places.command(["journal"]).output == "nothing to undo\n")
    }

    @Test func unchangedValueIsUndoneOnlyIfCgwardenSetIt() throws {
        try cgroup.write("50", to: "pids.max")
        let options = ["--for", "60s"]
        let plan = try set(50, options + ["--dry-run"])
        #expect(
            plan.status == 0
                && plan.output.hasSuffix("nothing would be changed, so nothing would be undone\n"),
            "\(plan)")
        let result = try set(50, options)
        #expect(
            result.status == 0
                && result.output.hasSuffix("nothing was changed, so nothing will be undone\n"),
            "\(result)")
        #expect(try run("journal").output == "nothing to undo\n")

        #expect(try set(40, []).status == 0)
        let renewal = try set(40, options + ["--dry-run"])
        #expect(renewal.output.hasPrefix("nothing to write:\n"), "\(renewal)")
        #expect(renewal.output.hasSuffix("would be undone after 60s\n"), "\(renewal)")
        #expect(try expiry() == nil)
        let renewed = try set(40, ["--for", Self.time])
        #expect(renewed.output.contains("undone in \(Self.time) (change "), "\(renewed)")
        try awaiting("the original") { limit == "50" }
    }

    private func set(_ value: Int, _ options: [String]) throws -> ProgramRun.Result {
        try ProgramRun.run(
            ProgramRun.cgwarden, ["set", cgroup.path, "pids.max=\(value)"] + options,
            environment: ["CGWARDEN_STATE_DIRECTORY": state])
    }

    // MARK: Confirmation

    @Test func changeWithoutConfirmationIsUndone() throws {
        let result = try run("set", cgroup.path, "pids.max=50", "--confirm", Self.time)
        #expect(result.output.contains("unless you keep it: cgwarden confirm "), "\(result)")
        try awaiting("the original") { limit == "max" }
        let late = try run("confirm")
        #expect(late.status == 66 && late.errors.contains("no change awaits"), "\(late)")
    }

    @Test func confirmedChangeStaysAndCanBeUndone() throws {
        _ = try run("set", cgroup.path, "pids.max=50", "--confirm", "60s")
        let helper = try helper()
        let table = try run("journal")
        #expect(table.lines.first?.hasSuffix("  EXPIRES") == true, "\(table)")
        #expect(table.output.contains("unless confirmed"))
        let kept = try run("confirm")
        #expect(kept.status == 0 && kept.output.contains("kept change "), "\(kept)")
        try awaiting("the end of the helper") { isGone(helper) }
        #expect(limit == "50")
        #expect(try expiry() == nil)
        // Without a number or a cgroup, a restore undoes all changes on the host.
        let undo = /undo: cgwarden restore --change (\d+)\n/
        let number = try #require(kept.output.firstMatch(of: undo)).1
        #expect(try run("restore", "--change", String(number)).status == 0)
        #expect(limit == "max")
    }

    @Test func severalPendingChangesAreListed() throws {
        let other = try ProgramCgroup()
        _ = try run("set", cgroup.path, "pids.max=50", "--confirm", "60s")
        _ = try run("set", other.path, "pids.max=20", "--confirm", "60s")
        let refused = try run("confirm")
        #expect(refused.status == 64 && refused.errorLines.count == 3, "\(refused)")
        #expect(refused.errors.contains(cgroup.path) && refused.errors.contains(other.path))
        let number = try #require(try expiry()?["change"] as? Int)
        #expect(try run("confirm", "\(number)").status == 0)
        #expect(try run("confirm").status == 0)
        #expect(try run("confirm", "--all").status == 66)
        #expect(try run("restore").status == 0)
    }

    @Test func daemonNamesPendingConfirmations() throws {
        let daemon = try RunningDaemon("defaults: {interval: 200ms}\n")
        #expect(
            try daemon.ask("set", cgroup.path, "pids.max=50", "--confirm", "60s").status == 0)
        let status = try daemon.ask("status").output
        #expect(status.contains("cgwarden confirm"), "\(status)")
        #expect(status.contains("set pids.max=50 (\(cgroup.path))"), "\(status)")
        #expect(try daemon.ask("confirm").status == 0)
        #expect(!(try daemon.ask("status").output.contains("cgwarden confirm")))
        #expect(try daemon.ask("restore").status == 0)
        #expect(try daemon.end().status == 0)
    }

    // MARK: Other commands

    @Test func createdCgroupIsRemovedIfItIsEmpty() throws {
        let made = "\(cgroup.path)/made"
        let result = try run("create", made, "--for", Self.time)
        #expect(result.status == 0)
        #expect(result.lines.last == "undo: cgwarden restore \(made)", "\(result)")
        try awaiting("the removal") {
            !cgroup.directories.contains {
                FileManager.default.fileExists(atPath: "\($0)/made")
            }
        }
        try awaiting("the journal") { try run("journal").output == "nothing to undo\n" }
    }

    @Test func createdCgroupInUseIsLeft() throws {
        let made = "\(cgroup.path)/made"
        #expect(try run("create", made, "--for", Self.time).status == 0)
        let inner = cgroup.directories.map { "\($0)/made/inner" }
        for place in inner {
            try? FileManager.default.createDirectory(
                atPath: place, withIntermediateDirectories: false)
        }
        let helper = try helper()
        try awaiting("the end of the helper") { isGone(helper) }
        #expect(try expiry()?["obstacle"] as? String == "the cgroup is in use")
        for place in inner { unsafe rmdir(place) }
        #expect(try run("restore").status == 0)
    }

    @Test func processIsMovedBackUnlessItWasMovedElsewhere() throws {
        let inner = try ProgramCgroup(bytes: Array("inner".utf8), below: cgroup)
        let elsewhere = try ProgramCgroup(bytes: Array("elsewhere".utf8), below: cgroup)
        let first = try elsewhere.start("echo ready; exec sleep 300")
        let second = try elsewhere.start("echo ready; exec sleep 300")
        let result = try run(
            "move", "\(first.pid)", "\(second.pid)", inner.path, "--for", Self.time)
        #expect(result.status == 0 && result.output.contains("undone in \(Self.time)"), "\(result)")
        let helper = try helper()
        let third = try ProgramCgroup(bytes: Array("third".utf8), below: cgroup)
        for place in third.directories {
            try Data("\(second.pid)".utf8).write(to: URL(filePath: "\(place)/cgroup.procs"))
        }
        try awaiting("the end of the helper") { isGone(helper) }
        func members(_ cgroup: ProgramCgroup) -> String {
            let place = cgroup.directory(of: "pids") ?? ""
            return (try? String(contentsOfFile: "\(place)/cgroup.procs", encoding: .utf8)) ?? ""
        }
        #expect(members(elsewhere).contains("\(first.pid)"))
        #expect(members(third).contains("\(second.pid)"))
        #expect(try run("restore").status == 75)
        for run in [first, second] { run.send(SIGKILL) }
        #expect(try run("restore").status == 0)
    }

    @Test func freezeShowsItsDeadlineAndEndsUnlessConfirmed() throws {
        let member = try cgroup.start("echo ready; exec sleep 300")
        let frozen = try run("freeze", cgroup.path, "--for", "60s", "--confirm", Self.time)
        #expect(frozen.status == 0, "\(frozen)")
        #expect(try expiry()?["unless_confirmed"] as? Bool == true)
        try awaiting("the thaw") { try run("journal").output == "nothing to undo\n" }
        #expect(try run("freeze", cgroup.path, "--for", "60s").status == 0)
        let left = try #require(try expiry()?["seconds_left"] as? Double)
        #expect(left > 0 && left <= 60)
        #expect(try run("thaw", cgroup.path).status == 0)
        member.send(SIGKILL)
    }

    @Test func dryRunShowsTheExpiryAndStartsNoHelper() throws {
        let plan = try run("set", cgroup.path, "pids.max=50", "--confirm", "90s", "--dry-run")
        #expect(plan.output.hasSuffix("would be undone after 90s unless confirmed\n"), "\(plan)")
        #expect(!FileManager.default.fileExists(atPath: state))
        let both = try run("set", cgroup.path, "pids.max=50", "--for", "1s", "--confirm", "1s")
        #expect(both.status == 64 && both.errorLines.count == 1, "\(both)")
    }

    @Test func refusedChangeStartsNoHelper() throws {
        let result = try run("set", cgroup.path, "pids.max=-7", "--for", "60s")
        #expect(result.status == 64)
        #expect(!FileManager.default.fileExists(atPath: state))
    }
}
