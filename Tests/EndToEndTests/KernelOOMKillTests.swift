import Foundation
import TestSupport
import Testing

/// The exporter's own count of OOM kills, with real ones.
@Suite(.serialized, .enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroups"))
struct KernelOOMKillTests {
    private func kills(_ server: ServingProgram) throws -> Int {
        try server.get().series("cgwarden_oom_kills_total").filter { $0.contains("kind=\"other\"") }
            .compactMap { Int($0.split(separator: " ").last ?? "") }.reduce(0, +)
    }

    /// Runs into a memory limit, and is killed for it.
    private func overrun(_ cgroup: ProgramCgroup) throws {
        let isV1 = cgroup.isMemoryLegacy
        try cgroup.write("16777216", to: isV1 ? "memory.limit_in_bytes" : "memory.max")
        try? cgroup.write("0", to: isV1 ? "memory.swappiness" : "memory.swap.max")
        let member = try cgroup.start(
            "echo ready; dd if=/dev/zero of=/dev/null bs=256M count=1 2>/dev/null; exit 0")
        _ = try member.result()
    }

    @Test func oomKillIsCountedAfterItsCgroupIsRemoved() throws {
        let cgroup = try ProgramCgroup()
        let name = cgroup.path
        let server = try ServingProgram("--metrics.include", "/cgwarden-test-*")
        let before = try awaiting("the cgroup in a scrape") {
            let known = try server.get().series("cgroup_info").contains { $0.contains(name) }
            return known ? try kills(server) : nil
        }
        try overrun(cgroup)
        let after = try awaiting("the kill in a scrape") {
            let now = try kills(server)
            return now > before ? now : nil
        }
        let own = try server.get().series("cgroup_memory_events_local_oom_kill_total").filter {
            $0.contains(name)
        }
        #expect(own.count == 1 && own[0].hasSuffix(" 1"), "\(own)")
        cgroup.remove()
        let left = try awaiting("a scrape without the cgroup") {
            let answer = try server.get()
            guard !answer.text.contains(name) else { return nil as Int? }
            return try kills(server)
        }
        // Others may be killed in the meantime, but no kill is lost.
        #expect(left >= after)
    }

    /// On v2 what is above a removed cgroup still has its kills.
    @Test(.enabled(if: isUnified, "v1 forgets the kills of a removed cgroup"))
    func oomKillBetweenTwoScrapesIsCounted() throws {
        let parent = try ProgramCgroup()
        let server = try ServingProgram("--metrics.include", "/cgwarden-test-*")
        let before = try awaiting("the cgroup in a scrape") {
            let known = try server.get().series("cgroup_info").contains {
                $0.contains(parent.path)
            }
            return known ? try kills(server) : nil
        }
        let child = try ProgramCgroup(bytes: Array("job".utf8), below: parent)
        try overrun(child)
        child.remove()
        let after = try awaiting("the kill in a scrape") {
            let now = try kills(server)
            return now > before ? now : nil
        }
        #expect(after == before + 1)
    }

    private static let isUnified = !ProgramCgroup.trees.contains { $0.options.contains("memory") }
}
