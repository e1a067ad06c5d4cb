import Foundation
import KernelIO
import TestSupport
import Testing

/// OOM kills of a real kernel, from its log.
@Suite(
    .serialized,
    .enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroups"),
    .enabled(if: KernelLog.refusal() == nil, "the kernel log cannot be read here"))
struct KernelEventsTests {
    /// Joins the cgroup in the given directories, and allocates more than it may.
    private static let script = """
        for place; do echo $$ >"$place/cgroup.procs" || exit 9; done
        exec dd if=/dev/zero of=/dev/null bs=256M count=1 2>/dev/null
        """

    private func limit(_ cgroup: ProgramCgroup, bytes: Int) throws {
        let isV1 = cgroup.isMemoryLegacy
        try cgroup.write("\(bytes)", to: isV1 ? "memory.limit_in_bytes" : "memory.max")
        try? cgroup.write("0", to: isV1 ? "memory.swappiness" : "memory.swap.max")
    }

    /// Runs a process in a cgroup into a limit and returns its process ID.
    private func overrun(_ cgroup: ProgramCgroup) throws -> Int {
        let member = try ProgramRun("sh", ["-c", Self.script, "sh"] + cgroup.directories)
        let pid = Int(member.pid)
        #expect(try member.result().status == 128 + SIGKILL)
        return pid
    }

    private func events(_ arguments: String...) throws -> [JSONText.Object] {
        try JSONText.objects(
            ProgramRun.run(ProgramRun.cgwarden, ["events", "--json"] + arguments))
    }

    @Test func aKillByAnAncestorsLimitNamesVictimAndOwner() throws {
        let top = try ProgramCgroup()
        let middle = try ProgramCgroup(bytes: Array("b".utf8), below: top)
        let leaf = try ProgramCgroup(bytes: Array("c".utf8), below: middle)
        try limit(top, bytes: 200 << 20)
        let pid = try overrun(leaf)
        let found = try events("--kind", "oom-kill", "--cgroup", leaf.path, "-n", "1")
        #expect(found.count == 1)
        let event = try #require(found.first)
        #expect(event["pid"] as? Int == pid)
        #expect(event["comm"] as? String == "dd")
        #expect(event["path"] as? String == leaf.path)
        #expect(event["limit_owner"] as? String == top.path)
        #expect(event["limit_bytes"] as? Int == 200 << 20)
        #expect(event["constraint"] as? String == "memcg")
        #expect(event["source"] as? String == "log")
        let time = try #require(event["time"] as? Double)
        #expect(abs(time - Date().timeIntervalSince1970) < 300)
        let line = try ProgramRun.cgwarden("events", "--cgroup", leaf.path)
        #expect(line.output.contains("killed by the limit of \(top.path) (memory.max 200 MiB; "))
        leaf.remove()
        middle.remove()
    }

    /// How many processes the kernel has killed since boot.
    private func total() throws -> Int {
        let text = try String(contentsOfFile: "/proc/vmstat", encoding: .utf8)
        return try #require(
            text.firstMatch(of: /(?m)^oom_kill (\d+)$/).flatMap { Int($0.1) })
    }

    /// On the host, other tests may have processes killed meanwhile; the host counts them, too.
    private static func expect(_ events: Int, asManyAs delta: Int) {
        if RunningDaemon.isInGuest {
            #expect(events == delta)
        } else {
            #expect(events >= delta)
        }
    }

    /// The daemon's events, its count, and the kernel's count agree.
    @Test func fiftyCgroupsKilledAtOnceAreFiftyEventsOfTheDaemon() throws {
        let daemon = try RunningDaemon("defaults: {interval: 500ms}\n")
        try daemon.awaitSample()
        func counted() throws -> Int {
            try daemon.server.get().series("cgwarden_oom_kills_total")
                .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
        }
        let parent = try ProgramCgroup()
        let before = try total()
        let counts = try counted()
        let jobs = try (0..<50).map {
            try ProgramCgroup(bytes: Array("job-\($0)".utf8), below: parent)
        }
        let members = try jobs.map { job in
            try limit(job, bytes: 4 << 20)
            return try ProgramRun("sh", ["-c", Self.script, "sh"] + job.directories)
        }
        let pids = Set(members.map { Int($0.pid) })
        for (job, member) in zip(jobs, members) {
            #expect(try member.result().status == 128 + SIGKILL)
            job.remove()
        }
        let delta = try total() - before
        #expect(delta >= 50)
        func kills() throws -> [JSONText.Object] {
            try JSONText.objects(daemon.ask("events", "--json", "--kind", "oom-kill"))
        }
        try awaiting("\(delta) kills") { try kills().count >= delta }
        try daemon.awaitTicks(4)
        let found = try kills()
        Self.expect(found.count, asManyAs: delta)
        #expect(Set(found.compactMap { $0["pid"] as? Int }).isSuperset(of: pids))
        #expect(found.filter { ($0["pid"] as? Int).map(pids.contains) ?? false }.count == 50)
        Self.expect(try counted() - counts, asManyAs: delta)
        #expect(try daemon.end().status == 0)
    }

    @Test func everyKillOfFiftyRemovedCgroupsIsOneEvent() throws {
        let parent = try ProgramCgroup()
        let jobs = try (0..<50).map {
            try ProgramCgroup(bytes: Array("job-\($0)".utf8), below: parent)
        }
        let run = try ProgramRun(
            ProgramRun.cgwarden,
            ["events", "--follow", "--json", "--kind", "oom-kill,born", "-i", "500ms"], input: nil)
        // A birth shows that the first sample is over.
        var marks: [ProgramCgroup] = []
        try awaiting("the first event; it said: \(run.errors)") {
            marks.append(try ProgramCgroup())
            Thread.sleep(forTimeInterval: 0.2)
            return !run.bytes.isEmpty
        }
        let before = try total()
        var pids: Set<Int> = []
        for job in jobs {
            try limit(job, bytes: 4 << 20)
            pids.insert(try overrun(job))
            job.remove()
        }
        let delta = try total() - before
        func kills() throws -> [JSONText.Object] {
            // The last line may be incomplete.
            let text = run.output
            let end = text.lastIndex(of: "\n") ?? text.startIndex
            return try text[..<end].split(separator: "\n").map { try JSONText.object($0) }
                .filter { $0["kind"] as? String == "oom-kill" }
        }
        try awaiting("\(delta) kills") { try kills().count >= delta }
        let found = try kills()
        run.send(SIGTERM)
        _ = try run.result()
        Self.expect(found.count, asManyAs: delta)
        let own = found.filter { ($0["pid"] as? Int).map(pids.contains) ?? false }
        #expect(own.count == 50)
        #expect(Set(own.compactMap { $0["pid"] as? Int }) == pids)
        #expect(found.allSatisfy { $0["source"] as? String == "log" })
        // After 10 kills in 5 s the kernel omits all but the victim.
        let complete = own.filter { $0["limit_owner"] != nil }
        #expect(complete.allSatisfy { $0["limit_owner"] as? String == $0["path"] as? String })
        let places = own.compactMap { $0["path"] as? String }
        #expect(places.allSatisfy { $0.hasPrefix(parent.path + "/job-") })
        #expect(Set(places).count == places.count)
    }

    @Test func followReportsBirthsAndDeathsAsLines() throws {
        let parent = try ProgramCgroup()
        let run = try ProgramRun(
            ProgramRun.cgwarden,
            ["events", "-f", "-i", "100ms", "--cgroup", "\(parent.path)/**"], input: nil)
        var names = (0..<200).makeIterator()
        try awaiting("a birth; it said: \(run.errors)") {
            if let name = names.next() {
                _ = try ProgramCgroup(bytes: Array("\(name)".utf8), below: parent)
            }
            Thread.sleep(forTimeInterval: 0.1)
            return run.output.contains("born")
        }
        try awaiting("a death") { run.output.contains(": removed after ") }
        run.send(SIGTERM)
        _ = try run.result()
        #expect(
            run.output.split(separator: "\n").allSatisfy {
                $0.firstMatch(of: /^\d\d:\d\d:\d\d [a-z-]+ \/cgwarden-test-/) != nil
            }, "\(run.output)")
    }

    @Test func theDaemonCountsEventsByKindFromZero() throws {
        let daemon = try RunningDaemon("defaults: {interval: 200ms}\n")
        func count(_ kind: String) throws -> Double? {
            try daemon.metric("cgwarden_events_total{kind=\"\(kind)\"}")
        }
        let kills = try awaiting("the counts") { try count("oom-kill") }
        try daemon.awaitTicks(2)
        let births = try count("born") ?? 0
        let cgroup = try ProgramCgroup()
        try limit(cgroup, bytes: 16 << 20)
        try awaiting("the birth is counted") { try count("born") ?? 0 > births }
        _ = try overrun(cgroup)
        try awaiting("the kill is counted") { try count("oom-kill") ?? 0 > kills }
        cgroup.remove()
        try awaiting("the death is counted") { try count("died") ?? 0 > 0 }
        #expect(!daemon.run.errors.contains("the killed process is not"))
        #expect(try daemon.end().status == 0)
    }

    /// One rule for a cgroup that stays, one for a cgroup that is removed at once.
    @Test func anOOMKillTriggersARule() throws {
        let parent = try ProgramCgroup()
        let places = try DaemonPlaces(
            """
            defaults: {interval: 500ms}
            groups: {jobs: {path: "\(parent.path)/*", populated: any}}
            rules:
              - name: told
                on: jobs
                on_event: oom-kill
                do: [{notify: {sinks: [journald]}}]

            """)
        let daemon = try RunningDaemon(places)
        try daemon.awaitSample()
        let names = ["stays", "goes"]
        let jobs = try names.map { try ProgramCgroup(bytes: Array($0.utf8), below: parent) }
        try daemon.awaitTicks(3)
        for job in jobs {
            try limit(job, bytes: 16 << 20)
            _ = try overrun(job)
            if job.path.hasSuffix("goes") { job.remove() }
        }
        func notified() -> [String] {
            places.records.filter {
                $0["rule"] as? String == "told" && $0["action"] as? String == "notify"
            }.compactMap { $0["cgroup"] as? String }
        }
        try awaiting("both notices; audit: \(places.records)") { notified().count >= 2 }
        try daemon.awaitTicks(4)
        #expect(notified().sorted() == jobs.map(\.path).sorted())
        let explained = try daemon.ask("explain", jobs[0].path)
        #expect(explained.output.contains("Events of the last hour\n"))
        #expect(explained.output.contains(" oom-kill \(jobs[0].path): dd (pid "))
        #expect(try daemon.end().status == 0)
    }

    @Test(.enabled(if: ProgramRun.isInstalled("setpriv"), "setpriv is not installed"))
    func withoutTheRightToTheLogOneLineSaysSoAndFollowingWorks() throws {
        let restricted = try String(
            contentsOfFile: "/proc/sys/kernel/dmesg_restrict", encoding: .utf8)
        let status = try FileManager.default.attributesOfItem(atPath: "/dev/kmsg")
        let mode = status[.posixPermissions] as? Int ?? 0
        // Where everybody may read the log there is nothing to refuse.
        guard restricted.hasPrefix("1") || mode & 0o004 == 0 else { return }
        let user = [
            "--reuid", "65534", "--regid", "65534", "--clear-groups", ProgramRun.cgwarden, "events",
        ]
        let past = try ProgramRun.run("setpriv", user)
        #expect(past.status == 77)
        #expect(past.errorLines.count == 1)
        #expect(past.errors.contains("CAP_SYSLOG"))
        let cgroup = try ProgramCgroup()
        let following = try ProgramRun(
            "setpriv", user + ["--follow", "-i", "100ms", "-n", "1", "--kind", "born"], input: nil)
        var marks = [cgroup]
        try awaiting("a birth; it said: \(following.errors)") {
            marks.append(try ProgramCgroup())
            Thread.sleep(forTimeInterval: 0.2)
            return !following.isRunning
        }
        let result = try following.result()
        #expect(result.status == 0)
        #expect(result.errorLines.count == 3, "\(result.errors)")
        #expect(result.errors.contains("the writer is not"))
        #expect(result.errors.contains("showing the events from now on"))
        #expect(result.errors.contains("the killed process is not"))
        #expect(result.lines.count == 1)
    }
}
