import Foundation
import Testing

/// New namespaces, and the duties of process 1.
@Suite(.enabled(if: RunPlace.isUsable, "needs root and writable cgroups"))
struct KernelRunNamespaceTests {
    private let place = RunPlace()

    @Test(arguments: ["uts,ipc,net,cgroup", "pid,mnt,user"])
    func namedNamespacesAreNewAndOthersShared(named: String) throws {
        let kinds = ["uts", "ipc", "pid", "net", "mnt", "user", "cgroup"]
        let script = kinds.map { "readlink /proc/self/ns/\($0)" }.joined(separator: "; ")
        let run = try place.run(["--unshare", named], "sh", "-c", script)
        #expect(run.status == 0, "\(run.errors)")
        let links = run.output.split(separator: "\n").map(String.init)
        #expect(links.count == kinds.count)
        for (kind, link) in zip(kinds, links) {
            let own = try FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/self/ns/\(kind)")
            let isNew = named.split(separator: ",").contains(Substring(kind))
            #expect((link != own) == isNew, "\(kind): \(link), here \(own)")
        }
    }

    @Test func initOfAPIDNamespaceReapsAndExitsWithTheCommand() throws {
        // The orphan's parent becomes process 1, which must reap it; the sleeper must not remain.
        let script = """
            echo $$ $PPID
            (sh -c 'exit 0' & exec sleep 0.2) & wait
            for _ in $(seq 600); do grep -q '^State:.Z' /proc/[0-9]*/status || break; sleep 0.1; done
            grep -l '^State:.Z' /proc/[0-9]*/status
            sleep 600 &
            exit 4
            """
        let run = try place.run(["--unshare", "pid,mnt"], "sh", "-c", script)
        #expect(run.status == 4, "\(run.errors)")
        #expect(run.output == "2 1\n")
        #expect(!run.errors.contains("waiting for"))
    }

    @Test func signalsAndExitStatusPassThroughTheInit() throws {
        let run = try place.start(
            ["--unshare", "pid"], "sh", "-c",
            "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done")
        try run.awaitOutput("ready")
        run.send(SIGTERM)
        #expect(try run.result().status == 9)
        #expect(try place.run(["--unshare", "pid"], "sh", "-c", "kill -KILL $$").status == 137)
        let missing = try place.run(["--unshare", "pid"], "cgwarden-test-no-such-command")
        #expect(missing.status == 127)
    }

    @Test func userNamespaceMapsRootAndKeepsTheHostName() throws {
        let before = ProcessInfo.processInfo.hostName
        let run = try place.run(
            ["--unshare", "user,uts"], "sh", "-c", "id -u; hostname cgwarden-inside; hostname")
        #expect(run.output == "0\ncgwarden-inside\n", "\(run.errors)")
        #expect(ProcessInfo.processInfo.hostName == before)
    }

    @Test func cgroupNamespaceStartsAtTheRun() throws {
        let run = try place.run(["--unshare", "cgroup"], "cat", "/proc/self/cgroup")
        #expect(run.output.contains { _ in true })
        #expect(!run.output.contains(place.path), "\(run.output)")
    }

    @Test func unknownNamespaceIsRefused() throws {
        let run = try place.run(["--unshare", "uts,nonsense"], "true")
        #expect(run.status == 64)
        #expect(run.errors.contains("unknown namespace 'nonsense'"))
    }
}
