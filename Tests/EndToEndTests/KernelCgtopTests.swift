import Foundation
import TestSupport
import Testing

/// Numbers of processes in place of tasks, on a real kernel.
@Suite(
    .serialized, .enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelCgtopTests {
    private let cgroup: ProgramCgroup

    init() throws { cgroup = try ProgramCgroup() }

    /// A cgroup below, which has to be removed first.
    private func inner() throws -> ProgramCgroup {
        try ProgramCgroup(bytes: Array("inner".utf8), below: cgroup)
    }

    /// The first number of the cgroup's line.
    private func count(_ words: String...) throws -> String? {
        let result = try ProgramRun.run(
            ProgramRun.cgwarden, ["top", "-b1", "--full", cgroup.path] + words)
        #expect(result.status == 0, "\(result)")
        let line = result.lines.first { $0.hasPrefix("\(cgroup.path) ") }
        return line?.split(separator: " ").dropFirst().first.map(String.init)
    }

    @Test func processesAreCountedWithOrWithoutThoseOfDescendants() throws {
        let inner = try inner()
        let members = try [inner, inner].map { try $0.start("echo ready; exec sleep 300") }
        #expect(try count("-P") == "2" && count("-k") == "2")
        #expect(try count("-P", "--recursive=no") == "0")
        #expect(try count("-P", "--recursive=yes") == "2")
        for member in members { member.send(SIGKILL) }
    }

    /// A process counts once, whatever its threads.
    @Test func threadsAreNotCounted() throws {
        guard ProgramRun.isInstalled("python3"), cgroup.directory(of: "pids") != nil else {
            try Test.cancel("python3 or the pids controller is missing here")
        }
        let inner = try inner()
        let member = try inner.start(
            """
            exec python3 -c 'import threading, time
            for _ in range(3): threading.Thread(target=time.sleep, args=(300,)).start()
            print("ready", flush=True)'
            """)
        #expect(try count("-P") == "1")
        #expect(try count() == "4")
        member.send(SIGKILL)
    }

    @Test func waitReturnsOnceTheCgroupExists() throws {
        let path = "\(cgroup.path)/later"
        let run = try ProgramRun(
            ProgramRun.cgwarden, ["stat", "--wait", "-n", "1", "--cgroup", path, "--csv"])
        Thread.sleep(forTimeInterval: 0.5)
        #expect(run.isRunning && run.output.isEmpty, "\(run.errors)")
        let later = try ProgramCgroup(bytes: Array("later".utf8), below: cgroup)
        let result = try run.result()
        #expect(result.status == 0 && result.output.contains(later.path), "\(result)")
    }

    @Test func waitEndsWithAnInterrupt() throws {
        let run = try ProgramRun(
            ProgramRun.cgwarden, ["stat", "--wait", "-n", "1", "--cgroup", "/cgwarden-test-never"])
        Thread.sleep(forTimeInterval: 0.5)
        run.send(SIGINT)
        #expect(try run.result().status == 128 + SIGINT)
    }
}
