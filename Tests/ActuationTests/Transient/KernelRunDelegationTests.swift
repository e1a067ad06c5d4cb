import CgroupModel
import Foundation
import Testing

/// Without root: runs below the topmost delegated cgroup, or prints one line of advice.
@Suite(.serialized, .enabled(if: RunPlace.isUsable, "needs root and writable cgroups"))
struct KernelRunDelegationTests {
    /// `nobody`, which owns nothing here.
    private static let asNobody = [
        // Nobody may not use the state directory of these tests.
        "env", "-u", "CGWARDEN_STATE_DIRECTORY",
        "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", RunProgram.path,
    ]

    /// A cgroup that belongs to nobody, with a child for the processes that are there already.
    private final class Delegated {
        let path = "/cgwarden-test-delegated-\(getpid())"
        private let root: String
        private var directory: String { root + path }

        init() throws {
            root = try #require(RunPlace.root(of: .pids))
            for place in [directory, "\(directory)/leaf"] {
                try FileManager.default.createDirectory(
                    atPath: place, withIntermediateDirectories: false)
                for file in ["", "cgroup.procs", "cgroup.subtree_control", "cgroup.threads"] {
                    try FileManager.default.setAttributes(
                        [.ownerAccountID: 65534], ofItemAtPath: "\(place)/\(file)")
                }
            }
            for controller in ["cpu", "memory", "io", "pids"] {
                try Data("+\(controller)".utf8).write(
                    to: URL(filePath: "\(root)/cgroup.subtree_control"))
            }
        }

        deinit {
            for place in ["/cgwarden", "/leaf", ""] { _ = unsafe rmdir(directory + place) }
        }

        /// Runs cgwarden as nobody, itself in a cgroup below this one.
        func run(in child: String, _ arguments: String...) throws -> RunProgram.Result {
            let script = "echo $$ >'\(directory)\(child)/cgroup.procs' && exec \"$@\""
            return try RunProgram("/bin/sh", ["-c", script, "sh"] + asNobody + arguments).result()
        }

        var type: String? {
            let text = try? String(contentsOfFile: "\(directory)/cgroup.type", encoding: .utf8)
            return text?.trimmingCharacters(in: .whitespacesAndNewlines)
        }

        var children: [String] {
            let all = try? FileManager.default.contentsOfDirectory(atPath: directory)
            return (all ?? []).filter { !$0.contains(".") }
        }
    }

    @Test(.enabled(if: RunPlace.isUnified, "needs one v2 hierarchy"))
    func unprivilegedRunUsesTheDelegatedCgroup() throws {
        let delegated = try Delegated()
        let run = try delegated.run(
            in: "/leaf", "run", "--memory", "50MB", "--pids", "20", "--name", "mine", "--", "sh",
            "-c", "id -u; cat /proc/self/cgroup")
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output == "65534\n0::\(delegated.path)/cgwarden/run-mine\n")
        #expect(delegated.children == ["leaf"])
    }

    @Test(.enabled(if: RunPlace.isUnified, "needs one v2 hierarchy"))
    func runIsRefusedIfTheDelegatedCgroupHasProcesses() throws {
        let delegated = try Delegated()
        let run = try delegated.run(in: "", "run", "--memory", "50MB", "--", "echo", "started")
        #expect(run.status != 0)
        #expect(run.output == "")
        #expect(run.errors.split(separator: "\n").count == 1)
        #expect(run.errors.contains("because it contains processes; move them"), "\(run.errors)")
        #expect(delegated.type == "domain")
        #expect(delegated.children == ["leaf"])
    }

    @Test func missingDelegationIsExplained() throws {
        let run = try RunProgram("/usr/bin/env", Self.asNobody + ["run", "true"]).result()
        #expect(run.status == 77)
        #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
        #expect(run.errors.contains("run as root"))
    }
}
