import CgroupModel
import Foundation
import Glibc
import Hierarchy
import KernelIO
import Policy
import PolicyLanguage
import Synchronization
import Testing
import TestSupport

@testable import Enforcement

/// A hook's ending, waited for.
private final class Ending: Sendable {
    private let endings = Mutex<[HookEnding]>([])
    func set(_ ending: HookEnding) { endings.withLock { $0.append(ending) } }
    var all: [HookEnding] { endings.withLock { $0 } }
    func wait(_ seconds: Int = 120) -> HookEnding? {
        _ = Deadline(after: .seconds(seconds)).wait { !all.isEmpty }
        return all.first
    }
}

@Suite final class HookRunnerTests {
    private let directory = NSTemporaryDirectory() + "cgwarden-hooks-\(UUID().uuidString)"
    private let runner: HookRunner

    init() throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        runner = HookRunner(set: nil)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private func run(
        _ script: String, timeout: Duration = .seconds(60), user: String? = nil,
        with other: HookRunner? = nil
    ) -> Ending {
        let target = Effect.Target(
            path: CgroupPath("/a b"), cgroup: CgroupID(inode: 42, generation: 1))
        let hook = Hook(
            name: "h", command: ["/bin/sh", "-c", script, "sh", "$HOME; exit 9"], timeout: timeout,
            user: user)
        let ending = Ending()
        (other ?? runner).start(
            HookRun(
                hook: hook, rule: "r", target: target, action: "freeze", phase: .apply,
                cause: Cause("x > \"1\"", evidence: [.init(term: "x", value: "2")]))
        ) { ending.set($0) }
        return ending
    }

    private func file(_ name: String) -> String {
        (try? String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8)) ?? ""
    }

    @Test func exitStatusDecidesTheResult() {
        #expect(run("exit 0").wait() == .succeeded)
        #expect(run("exit 75").wait() == .vetoed)
        #expect(
            run("echo no such; echo pager >&2; exit 1").wait()
                == .failed("exit status 1: no such | pager"))
        #expect(run("kill -9 $$").wait() == .failed("signal 9"))
    }

    @Test func hookGetsOnlyItsEnvironment() {
        // No shell interprets the arguments.
        #expect(
            run("env | sort > \(directory)/env; printf %s \"$1\" > \(directory)/one").wait()
                == .succeeded)
        #expect(file("one") == "$HOME; exit 9")
        let lines = file("env").split(separator: "\n").filter {
            !["PWD", "OLDPWD", "SHLVL", "_"].contains($0.prefix { $0 != "=" })
        }
        #expect(
            lines == [
                "CGWARDEN_ACTION=freeze",
                #"CGWARDEN_CAUSE_JSON={"text":"x > \"1\"","evidence":[{"term":"x","value":"2"}]}"#,
                "CGWARDEN_DRY_RUN=0", "CGWARDEN_GROUP=/a b", "CGWARDEN_INODE=42",
                "CGWARDEN_PHASE=apply", "CGWARDEN_RULE=r",
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            ])
    }

    @Test func hungHookIsTerminatedAndThenKilled() {
        // A slow machine needs longer to come to the trap.
        for time in [Duration.milliseconds(500), .seconds(5), .seconds(50)] {
            let start = ContinuousClock.now
            let ending = run(
                "trap 'echo asked > \(directory)/asked' TERM; while :; do sleep 0.1; done",
                timeout: time, with: HookRunner(set: nil, grace: time))
            #expect(ending.wait() == .timedOut)
            #expect(ContinuousClock.now - start >= time * 2)
            #expect(ending.all.count == 1)
            if file("asked") == "asked\n" { return }
        }
        Issue.record("it was not asked")
    }

    @Test func hookThatExitsOnTermIsNotWaitedForLonger() {
        let patient = HookRunner(set: nil, grace: .seconds(3600))
        #expect(run("sleep 600", timeout: .milliseconds(200), with: patient).wait() == .timedOut)
    }

    @Test func processesLeftByAHookAreKilled() throws {
        let ending = run("sleep 300 & echo $! > \(directory)/left; exit 0")
        #expect(ending.wait() == .succeeded)
        let left = try #require(Int32(file("left").trimmingCharacters(in: .newlines)))
        #expect(Deadline(after: .seconds(60)).wait { isGone(left) })
    }

    @Test func longOutputIsReadAndTruncated() throws {
        let ending = run("yes 0123456789 | head -c 1000000; exit 3")
        guard case .failed(let text)? = ending.wait() else {
            Issue.record("\(ending.all)")
            return
        }
        #expect(text.hasPrefix("exit status 3: 0123456789"))
        // Each line's end became three characters.
        #expect(text.utf8.count < 2 * HookProcess.mostOutput)
    }

    @Test func hookThatCannotStartIsReported() {
        let ending = Ending()
        let target = Effect.Target(
            path: CgroupPath("/a"), cgroup: CgroupID(inode: 42, generation: 1))
        for hook in [
            Hook(name: "h", command: ["\(directory)/none"]),
            Hook(name: "h", command: ["/bin/true"], user: "no-such-user"),
        ] {
            runner.start(
                HookRun(
                    hook: hook, rule: "r", target: target, action: "set", phase: .undo,
                    cause: Cause(""))
            ) { ending.set($0) }
        }
        #expect(Deadline(after: .seconds(60)).wait { ending.all.count == 2 })
        let texts = ending.all.map { "\($0)" }.sorted().joined(separator: "\n")
        #expect(texts.contains("No such file") && texts.contains("no user no-such-user"))
    }

    @Test(.enabled(if: geteuid() == 0, "needs root to become someone else"))
    func hookRunsAsItsUser() throws {
        _ = unsafe chmod(directory, 0o777)
        #expect(
            run("id -u > \(directory)/id; id -G >> \(directory)/id", user: "nobody").wait()
                == .succeeded)
        let ids = file("id").split(separator: "\n")
        #expect(ids.first == "65534" && ids.last?.split(separator: " ").contains("0") == false)
    }

    /// A library's socket may lack FD_CLOEXEC; a hook of another user must not answer on it.
    @Test(arguments: [nil, "nobody"])
    func hookInheritsNoDescriptors(user: String?) throws {
        guard user == nil || geteuid() == 0 else {
            try Test.cancel("needs root to become someone else")
        }
        _ = unsafe chmod(directory, 0o777)
        let sockets = (0..<3).map { _ in socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
        defer { for one in sockets { close(one) } }
        let script =
            "exec > \(directory)/fds; for one in /proc/$$/fd/*; do "
            + "test -e $one && echo ${one##*/}; done; exit 0"
        #expect(run(script, user: user).wait() == .succeeded)
        #expect(file("fds").split(separator: "\n").sorted() == ["0", "1", "2"])
    }

    @Test(.enabled(if: geteuid() == 0, "needs root to become someone else"))
    func hookOfAnotherUserGainsNoPrivileges() throws {
        _ = unsafe chmod(directory, 0o777)
        let script = "grep -E 'NoNewPrivs|CapPrm|CapAmb' /proc/self/status > \(directory)/status"
        #expect(run(script, user: "nobody").wait() == .succeeded)
        let lines = file("status").split(separator: "\n").map {
            $0.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        #expect(
            lines == ["CapPrm: 0000000000000000", "CapAmb: 0000000000000000", "NoNewPrivs: 1"])
    }

    @Test func concurrentHooksAreLimited() {
        let two = HookRunner(parallel: 2, set: nil)
        let start = MonotonicClock.nanoseconds
        let endings = (0..<4).map { _ in run("sleep 0.4", with: two) }
        for ending in endings { #expect(ending.wait() == .succeeded) }
        #expect(MonotonicClock.nanoseconds - start > 750_000_000)
    }

    @Test func stoppingDaemonEndsRunningAndQueuedHooks() throws {
        let one = HookRunner(parallel: 1, set: nil, grace: .seconds(3600))
        let endings = (0..<3).map { _ in
            run(
                "echo $$ >> \(directory)/running; exec sleep 600", timeout: .seconds(3600),
                with: one)
        }
        #expect(Deadline(after: .seconds(60)).wait { file("running").hasSuffix("\n") })
        one.endAll()
        for ending in endings {
            #expect(ending.wait() == .failed("stopped, because the daemon is stopping"))
        }
        let pids = file("running").split(separator: "\n").compactMap { Int32($0) }
        #expect(pids.count == 1)
        #expect(pids.allSatisfy { isGone($0) })
        // The next one has its turn as before.
        #expect(run("exit 0", with: one).wait() == .succeeded)
    }

    private func isGone(_ pid: Int32) -> Bool {
        let state = ProcessReader(.live).stat(pid)?.state
        return state == nil || state == "Z"
    }
}

@Suite(.enabled(if: RealCgroups.usable, "needs root and a mounted cgroup tree"))
struct KernelHookCgroupTests {
    @Test func hookWithItsOwnSessionIsKilled() throws {
        let set = try #require(RealCgroups.set)
        let cgroups = try #require(HookCgroups(set, below: "cgwarden-test-hooks-\(getpid())"))
        let file = NSTemporaryDirectory() + "cgwarden-hook-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let target = Effect.Target(
            path: CgroupPath("/a"), cgroup: CgroupID(inode: 42, generation: 1))
        let script =
            "cat /proc/self/cgroup > \(file).in; setsid sleep 300 >/dev/null & echo $! > \(file); exit 75"
        let run = HookRun(
            hook: Hook(name: "h", command: ["/bin/sh", "-c", script]), rule: "r", target: target,
            action: "set", phase: .apply, cause: Cause(""))
        #expect(HookProcess(run: run, number: 1, cgroups: cgroups).perform() == .vetoed)
        let place = (try? String(contentsOfFile: "\(file).in", encoding: .utf8)) ?? ""
        defer { try? FileManager.default.removeItem(atPath: "\(file).in") }
        let start = try #require(ProcessReader(.live).stat(getpid())).startTicks
        #expect(place.contains("cgwarden-test-hooks-\(getpid())/\(getpid())-\(start)-1"))
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let daemon = try #require(Int32(text.trimmingCharacters(in: .newlines)))
        let state = ProcessReader(.live).stat(daemon)?.state
        #expect(state == nil || state == "Z")
        let left = set.hierarchies.map {
            $0.directory.pathText + "/cgwarden-test-hooks-\(getpid())"
        }.filter { FileManager.default.fileExists(atPath: $0) }
        #expect(left.isEmpty)
    }

    @Test func cgroupsOfAKilledDaemonAreRemovedUnlessAHookRunsInThem() throws {
        let set = try #require(RealCgroups.set)
        let name = "cgwarden-test-leftover-\(getpid())"
        let cgroups = try #require(HookCgroups(set, below: name))
        let kept = try #require(cgroups.make(1))
        defer { kept.remove() }
        let folder = try #require(
            set.hierarchies.map { $0.directory.pathText + "/\(name)" }.first {
                FileManager.default.fileExists(atPath: $0)
            })
        // No process has this PID: kernel/threads-max and pid_max are below it.
        let gone = ["\(Int32.max)-7-1", "\(Int32.max)-7-22"]
        // An earlier program with the PID of this one, as in a container that was restarted.
        for left in gone + ["\(getpid())-7-1", "other"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder)/\(left)", withIntermediateDirectories: false)
        }
        _ = HookCgroups(set, below: name)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        let start = try #require(ProcessReader(.live).stat(getpid())).startTicks
        let own = "\(getpid())-\(start)-1"
        #expect(names.filter { $0.contains("-") && !$0.contains(".") } == [own])
        #expect(names.contains("other"))
        #expect(unsafe rmdir("\(folder)/other") == 0)
    }
}
