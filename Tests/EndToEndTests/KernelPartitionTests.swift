import Foundation
import TestSupport
import Testing

/// An exclusive pool of CPUs: a partition of v2.
@Suite(.enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelPartitionTests {
    @Test func poolBecomesAPartitionAndIsRestored() throws {
        let cgroups = try ["-alone", "-rest"].map { try ProgramCgroup($0) }
        let (alone, rest) = (cgroups[0], cgroups[1])
        guard alone.text("cpuset.cpus.partition") == "member",
            let all = rest.text("cpuset.cpus.effective"), all != "0"
        else { try Test.cancel("it needs cpuset of v2 and two CPUs") }
        let members = try cgroups.map { try $0.start("echo ready; exec sleep 300") }
        defer { for member in members { member.send(SIGKILL) } }
        let daemon = try RunningDaemon(
            """
            defaults: {interval: 200ms}
            groups: {a: {path: "\(alone.path)"}, b: {path: "\(rest.path)"}}
            pools: {fast: {count: 1, exclusive: true, others: [b]}}
            limits: [{on: a, set: {cpuset.pool: fast, cpuset.partition: root}}]

            """)
        try awaiting("it is a partition") { alone.text("cpuset.cpus.partition") == "root" }
        try awaiting("the other one has left it") { rest.text("cpuset.cpus.effective") != all }
        #expect(alone.text("cpuset.cpus.effective") == "0")
        #expect(try daemon.end().status == 0)
        // The kernel lets nobody have a CPU before the partition is gone; what came too early is the
        // guardian's to try again.
        try awaiting("the guardian has ended") { daemon.places.guardian == nil }
        // A cpuset with processes cannot be empty again, but all CPUs are theirs.
        for cgroup in cgroups {
            #expect(cgroup.text("cpuset.cpus.partition") == "member")
            #expect(cgroup.text("cpuset.cpus.effective") == all)
        }
        #expect(try daemon.ask("restore").output == "nothing to undo\n")
    }
}
