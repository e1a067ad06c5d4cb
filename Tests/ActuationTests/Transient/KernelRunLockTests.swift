import CgroupModel
import Foundation
import KernelIO
import Testing

/// Any user may open a cgroup directory and lock it (flock(2)): no job depends on that.
@Suite(
    .serialized, .enabled(if: RunPlace.isUsable, "needs root and writable cgroups"),
    .enabled(if: RunTenant.isAvailable, "no perl, or no setpriv"))
struct KernelRunLockTests {
    private let place = RunPlace()

    @Test func runStartsBelowALockedParent() throws {
        let keeper = try place.start(
            ["--name", "keeper"], "sh", "-c", "echo ready; exec sleep 600")
        try keeper.awaitOutput("ready")
        let tenant = try RunTenant(locking: place.directories(""))
        let run = try place.run(["--name", "next"], "echo", "started")
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output == "started\n")
        keeper.send(SIGTERM)
        #expect(try keeper.result().status == 143)
        tenant.end()
    }

    /// The tenant locks each job's directory as soon as it appears, then lets go: what nobody has
    /// locked is not left over for that.
    @Test func lockOfAnotherUserDoesNotMakeALiveRunLeftOver() throws {
        let first = try place.start(["--name", "first"], "sh", "-c", "echo ready; exec sleep 600")
        try first.awaitOutput("ready")
        let tenant = try RunTenant(lockingBelow: place.directories(""))
        let jobs = try (0..<8).map { number in
            let job = try place.start(
                ["--name", "job\(number)"], "sh", "-c", "echo ready; exec sleep 600")
            try job.awaitOutput("ready")
            return job
        }
        tenant.end()
        let next = try place.run(["--name", "next"], "true")
        #expect(next.status == 0, "\(next.errors)")
        #expect(!next.errors.contains("removed"), "\(next.errors)")
        for job in [first] + jobs {
            job.send(SIGTERM)
            #expect(try job.result().status == 143)
        }
    }

    /// Runs with a state directory of its own.
    private func start(_ state: String, _ name: String, _ script: String) throws -> RunProgram {
        try RunProgram(
            "/usr/bin/env",
            ["CGWARDEN_STATE_DIRECTORY=\(state)", RunProgram.path]
                + place.arguments(["--name", name], ["sh", "-c", script]))
    }

    private func files(_ state: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: "\(state)/locks")) ?? []
    }

    @Test func recordOfARunIsPrivateAndRemovedWithIt() throws {
        let state = NSTemporaryDirectory() + "cgwarden-test-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: state) }
        let run = try start(state, "one", "stat -c %a \(state)/locks \(state)/locks/*").result()
        #expect(run.output == "700\n600\n", "\(run.errors)")
        #expect(files(state) == [])
    }

    @Test func recordOfAVanishedRunIsRemovedByTheNext() throws {
        let state = NSTemporaryDirectory() + "cgwarden-test-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: state) }
        let run = try start(state, "one", "echo ready $$; exec sleep 600")
        try run.awaitOutput("ready")
        let command = try #require(
            Int32(run.text("out").split(separator: " ").last?.dropLast() ?? ""))
        run.send(SIGKILL)
        #expect(try run.result().status == 137)
        kill(command, SIGKILL)
        for directory in place.directories("one") {
            try RunProgram.await("\(directory) is removed") { unsafe rmdir(directory) == 0 }
        }
        #expect(files(state).count == 1)
        let next = try start(state, "two", "true").result()
        #expect(next.status == 0 && !next.errors.contains("removed"), "\(next.errors)")
        #expect(files(state) == [])
    }

    /// Where another state directory's runs are nothing is known of them, so they are left alone.
    @Test func unrecordedRunIsNotLeftOver() throws {
        let state = NSTemporaryDirectory() + "cgwarden-test-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: state) }
        let run = try start(state, "one", "echo ready; exec sleep 600")
        try run.awaitOutput("ready")
        run.send(SIGKILL)
        _ = try run.result()
        let other = try place.run(["--name", "two"], "true")
        #expect(other.status == 0 && !other.errors.contains("removed"), "\(other.errors)")
        #expect(!place.directories("one").isEmpty)
        let next = try start(state, "three", "true").result()
        #expect(next.errors.contains("removed \(place.path)/run-one"), "\(next.errors)")
        #expect(place.directories("one").isEmpty)
    }

    @Test func runInsideAnotherRunEnds() throws {
        let inner = [
            RunProgram.path, "run", "--summary", "none", "--name", "inner", "--parent",
            "\(place.path)/run-outer", "--", "echo", "inside",
        ]
        let run = try RunProgram(
            RunProgram.path, place.arguments(["--name", "outer"], inner)
        ).result()
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output == "inside\n")
        #expect(place.runs.isEmpty)
    }
}

/// A process of an ordinary user that locks cgroup directories.
final class RunTenant {
    static let isAvailable = ["/usr/bin/perl", "/usr/bin/setpriv"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    private let program: RunProgram

    /// Locks directories, and keeps the locks.
    convenience init(locking directories: [String]) throws {
        try self.init(
            "for (@ARGV) { open my $f, '<', $_ or die; flock $f, 2 or die; push @kept, $f }"
                + " print qq(ready\\n); sleep 600", directories)
    }

    /// Immediately locks everything created below directories, and keeps the locks.
    convenience init(lockingBelow directories: [String]) throws {
        let script = """
            print qq(ready\\n);
            while (1) {
                for my $top (@ARGV) {
                    opendir my $d, $top or next;
                    for my $name (grep { /^run-/ && !$seen{"$top/$_"} } readdir $d) {
                        open my $f, '<', "$top/$name" or next;
                        push @kept, $f if flock $f, 6;
                        $seen{"$top/$name"} = 1;
                    }
                }
            }
            """
        try self.init(script, directories)
    }

    private init(_ script: String, _ directories: [String]) throws {
        program = try RunProgram(
            "/usr/bin/setpriv",
            [
                "--reuid", "65534", "--regid", "65534", "--clear-groups", "perl", "-e",
                "$| = 1; \(script)",
            ] + directories)
        try program.awaitOutput("ready")
    }

    deinit { end() }

    /// Ends it, and with it its locks.
    func end() {
        program.send(SIGKILL)
        _ = try? program.result()
    }
}
