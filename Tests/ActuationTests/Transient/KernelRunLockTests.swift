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
        let keeper = try place.start(["--name", "keeper"], "sh", "-c", "echo ready; exec sleep 600")
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
    @Test func aTenantsLockDoesNotMakeLiveJobsLeftOver() throws {
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

    @Test func runInsideAParentThatIsItsOwnRunEnds() throws {
        let inner = [
            RunProgram.path, "run", "--summary", "none", "--name", "inner", "--parent",
            "\(place.path)/run-outer", "--", "echo", "inside",
        ]
        let run = try RunProgram(
            RunProgram.path, place.arguments(["--name", "outer"], inner)
        ).result()
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output == "inside\n")
        #expect(place.directories("").isEmpty)
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

    /// Locks whatever is made below directories, at once, and keeps the locks.
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
