import Foundation
import TestSupport
import Testing

/// Jobs that end and are removed at once, on a real kernel.
@Suite(
    .serialized, .enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroups"))
struct KernelDeathTests {
    /// Runs jobs that burn CPU time for a moment, each in a cgroup of its own that is removed at
    /// once: the number of jobs, their loops, then the parent's directories.
    private static let script = """
        count=$1 loops=$2; shift 2
        job() {
            for place; do echo 0 >"$place/job-$number/cgroup.procs" || exit 9; done
            step=0; while [ $step -lt $loops ]; do step=$((step+1)); done
            exit 0
        }
        number=0
        while [ $number -lt $count ]; do
            number=$((number+1))
            for place; do mkdir "$place/job-$number" || exit 8; done
            (job "$@") & wait $!
            for place; do until rmdir "$place/job-$number" 2>/dev/null; do :; done; done
        done
        echo done
        """

    /// The directories of a parent whose children have CPU time, memory and tasks accounted.
    private func places(_ parent: ProgramCgroup) throws -> [String] {
        let places = ["cpuacct", "cpu", "memory", "pids"].compactMap(parent.directory(of:))
        for place in Set(places) {
            for controller in ["cpu", "memory", "pids"] {
                try? Data("+\(controller)".utf8).write(
                    to: URL(filePath: "\(place)/cgroup.subtree_control"))
            }
        }
        return Set(places).sorted()
    }

    /// The parent's CPU time in microseconds.
    private func usage(_ parent: ProgramCgroup) throws -> Double {
        if let place = parent.directory(of: "cpuacct"),
            let text = try? String(contentsOfFile: "\(place)/cpuacct.usage", encoding: .utf8),
            let number = Double(text.trimmingCharacters(in: .whitespacesAndNewlines))
        {
            return number / 1000
        }
        let place = try #require(parent.directory(of: "cpu"))
        let text = try String(contentsOfFile: "\(place)/cpu.stat", encoding: .utf8)
        let found = try #require(text.firstMatch(of: /usage_usec (\d+)/))
        return try #require(Double(found.1))
    }

    private func number(_ value: Any?) -> Double { (value as? NSNumber)?.doubleValue ?? 0 }

    private func lines(_ run: ProgramRun) throws -> [JSONText.Object] {
        // The last line may be incomplete.
        let text = run.output
        let end = text.lastIndex(of: "\n") ?? text.startIndex
        return try text[..<end].split(separator: "\n").map { try JSONText.object($0) }
    }

    /// Waits until a follower has taken its first sample.
    private func awaitStart(_ run: ProgramRun, below parent: ProgramCgroup) throws {
        var marks: [ProgramCgroup] = []
        try awaiting("the first event; it said: \(run.errors)") {
            marks.append(try ProgramCgroup(bytes: Array("mark-\(marks.count)".utf8), below: parent))
            Thread.sleep(forTimeInterval: 0.1)
            return run.output.contains("mark-")
        }
    }

    @Test func tombstonesAndTheRemainderAreTheParentsCPUTime() throws {
        let parent = try ProgramCgroup()
        let places = try places(parent)
        let run = try ProgramRun(
            ProgramRun.cgwarden,
            [
                "events", "-f", "--json", "-i", "200ms", "--kind", "born,died,unattributed",
                "--cgroup", "\(parent.path){,/**}",
            ], input: nil)
        try awaitStart(run, below: parent)
        let jobs = try ProgramRun.run("sh", ["-c", Self.script, "sh", "60", "20000"] + places)
        #expect(jobs.output == "done\n", "\(jobs.errors)")
        let used = try usage(parent)
        #expect(used > 0)
        func told() throws -> (sum: Double, dead: Set<String>, born: Set<String>) {
            var sum = 0.0
            var (dead, born): (Set<String>, Set<String>) = ([], [])
            for line in try lines(run) {
                let path = line["path"] as? String ?? ""
                sum += number(line["cpu_usec"])
                guard path.contains("/job-") else { continue }
                if line["kind"] as? String == "died" { dead.insert(path) }
                if line["kind"] as? String == "born" { born.insert(path) }
            }
            return (sum, dead, born)
        }
        var seen = (sum: 0.0, deaths: 0)
        try awaiting("the sum of all is \(used), but of \(seen); it said: \(run.errors)") {
            let (sum, dead, _) = try told()
            seen = (sum, dead.count)
            return dead.count == 60 && abs(sum - used) <= used / 1000
        }
        // The one job that runs while a sample is taken is seen alive.
        #expect(try told().born == told().dead)
        run.send(SIGTERM)
        _ = try run.result()
    }

    @Test func statTopPrintsNoMoreRowsThanRequested() throws {
        let parent = try ProgramCgroup()
        let run = try ProgramRun(
            ProgramRun.cgwarden,
            ["stat", "--json", "-i", "200ms", "--top", "5", "--cgroup", "\(parent.path)/**"],
            input: nil)
        func count(_ path: String) throws -> Int {
            try lines(run).count { $0["path"] as? String == path }
        }
        let child = try ProgramCgroup(bytes: Array("job".utf8), below: parent)
        try awaiting("it is in a sample; it said: \(run.errors)") { try count(child.path) > 0 }
        child.remove()
        let next = try ProgramCgroup(bytes: Array("next".utf8), below: parent)
        try awaiting("two later samples") { try count(next.path) > 1 }
        #expect(try !lines(run).contains { $0["state"] as? String == "dead" })
        run.send(SIGTERM)
        _ = try run.result()
    }

    @Test func statEndsADeadCgroupWithALastLine() throws {
        let parent = try ProgramCgroup()
        let run = try ProgramRun(
            ProgramRun.cgwarden,
            ["stat", "--json", "-i", "200ms", "--cgroup", "\(parent.path)/**"], input: nil)
        let child = try ProgramCgroup(bytes: Array("job".utf8), below: parent)
        let member = try child.start("echo ready; read line")
        try awaiting("it is in a sample; it said: \(run.errors)") { !run.bytes.isEmpty }
        member.send(SIGKILL)
        _ = try member.result()
        child.remove()
        let line = try awaiting("the last line") {
            try lines(run).first { $0["state"] as? String == "dead" }
        }
        #expect(line["path"] as? String == child.path)
        #expect(line["inode"] is Int)
        #expect(line["reading"] is String)
        #expect(number(line["cpu.usage_usec"]) > 0)
        #expect(line["cpu.usage_usec.rate"] == nil)
        run.send(SIGTERM)
        _ = try run.result()
    }

    @Test func theDaemonKeepsTombstones() throws {
        let daemon = try RunningDaemon("defaults: {interval: 200ms}\n")
        _ = try awaiting("the first tick") { try daemon.metric("cgwarden_ticks_total") }
        let parent = try ProgramCgroup()
        let child = try ProgramCgroup(bytes: Array("job".utf8), below: parent)
        try daemon.awaitTicks(2)
        child.remove()
        let pattern = "\(parent.path)/*"
        let text = try awaiting("a tombstone") {
            let text = try daemon.ask("show", "--dead", pattern)
            return text.output.contains(child.path) ? text.output : nil
        }
        #expect(text.hasPrefix("CGROUP "))
        let line = try JSONText.object(
            try #require(daemon.ask("show", "--dead", pattern, "--json").lines.first))
        #expect(line["path"] as? String == child.path)
        #expect(line["kind"] as? String == "died")
        #expect(line["lifetime_usec"] is Int)
        #expect(try daemon.ask("show", "--dead", "/no/such/**").output == "no cgroup ended\n")
        #expect(try daemon.end().status == 0)
        let silent = try daemon.ask("show", "--dead")
        #expect(silent.status == 69)
        #expect(silent.errors.contains("no daemon listens"))
    }
}
