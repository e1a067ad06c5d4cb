import Foundation
import TestSupport
import Testing

/// Compares the processes in `show` with `/proc` read directly.
@Suite(.enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelConfinementTests {
    private func process(_ cgroup: ProgramCgroup) throws -> JSONText.Object {
        let result = try ProgramRun.cgwarden("show", "--json", cgroup.path)
        let shown = try JSONText.object(result.output)
        let processes = try #require(shown["processes"] as? [JSONText.Object])
        #expect(processes.count == 1)
        return try #require(processes.first)
    }

    private func status(_ pid: Int, _ key: String) throws -> String {
        let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(key + ":") })
        return line.dropFirst(key.count + 1).trimmingCharacters(in: .whitespaces)
    }

    private func namespace(_ pid: Int, _ kind: String) throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/ns/\(kind)")
    }

    private func checkNamespaces(_ process: JSONText.Object, own: Set<String>) throws {
        let pid = try #require((process["pid"] as? NSNumber)?.intValue)
        let namespaces = try #require(process["namespaces"] as? [String: JSONText.Object])
        #expect(Set(namespaces.keys).isSuperset(of: ["mnt", "pid", "net", "uts", "ipc", "user"]))
        for (kind, shown) in namespaces {
            let link = try namespace(pid, kind)
            // Process 1 may be hidden from root in a container; then it is our own that counts.
            let reference = try? namespace(1, kind)
            let isShared = try link == reference ?? namespace(Int(getpid()), kind)
            #expect(shown["relation"] as? String == (isShared ? "shared" : "own"), "\(kind)")
            let inode = try #require((shown["inode"] as? NSNumber)?.intValue)
            #expect(link.contains("[\(inode)]"), "\(kind)")
            if own.contains(kind) { #expect(!isShared, "\(kind)") }
        }
    }

    @Test func confinementOfAProcessIsShown() throws {
        let cgroup = try ProgramCgroup()
        let member = try cgroup.start(
            "exec unshare --uts --net setpriv --no-new-privs --bounding-set -sys_admin,-net_raw "
                + "sh -c 'echo ready; read line'")
        defer { member.send(SIGKILL) }
        let process = try process(cgroup)
        let pid = try #require((process["pid"] as? NSNumber)?.intValue)
        #expect(pid == Int(member.pid))
        try checkNamespaces(process, own: ["uts", "net"])
        #expect(process["no_new_privs"] as? Bool == true)
        #expect(process["seccomp"] as? String == "disabled")
        #expect(try status(pid, "Seccomp") == "0")
        let sets = try #require(process["capabilities"] as? [String: [String]])
        for (name, key) in [
            ("effective", "CapEff"), ("permitted", "CapPrm"), ("inheritable", "CapInh"),
            ("bounding", "CapBnd"), ("ambient", "CapAmb"),
        ] {
            let mask = try #require(UInt64(try status(pid, key), radix: 16))
            #expect(sets[name]?.count == mask.nonzeroBitCount, "\(key)")
        }
        #expect(sets["bounding"]?.contains("cap_net_raw") == false)
        #expect(sets["bounding"]?.contains("cap_chown") == true)
        let text = try ProgramRun.cgwarden("show", cgroup.path).output
        #expect(
            text.contains("namespaces own: net uts") || text.contains("namespaces own: uts net"))
        #expect(text.contains("no_new_privs: yes"))
    }

    @Test func strictSeccompIsShown() throws {
        let number = prctlNumber
        let cgroup = try ProgramCgroup()
        let member = try cgroup.start(
            "exec perl -e '$| = 1; print \"ready\\n\"; syscall(\(number), 22, 1, 0, 0, 0); "
                + "sysread(STDIN, $x, 1)'")
        defer { member.send(SIGKILL) }
        try awaiting("seccomp is on") { try status(Int(member.pid), "Seccomp") == "1" }
        let process = try process(cgroup)
        #expect(process["seccomp"] as? String == "strict")
        #expect(process["no_new_privs"] as? Bool == false)
        #expect((process["command"] as? String)?.hasPrefix("perl -e") == true)
        try checkNamespaces(process, own: [])
    }

    /// The number of prctl(2) on this machine.
    private var prctlNumber: Int {
        #if arch(x86_64)
        157
        #else
        167
        #endif
    }

    /// A process may be in different cgroups of different v1 trees.
    @Test(.enabled(if: ProgramCgroup.trees.count > 1, "there is only one tree"))
    func membershipIsPerHierarchy() throws {
        let cgroup = try ProgramCgroup()
        let member = try ProgramRun(
            "sh", ["-c", "echo ready; read line"], input: nil)
        defer { member.send(SIGKILL) }
        let directory = try #require(cgroup.directory(of: "pids"))
        try Data("\(member.pid)".utf8).write(to: URL(filePath: "\(directory)/cgroup.procs"))
        let hierarchies = try process(cgroup)["hierarchies"] as? [String]
        #expect(hierarchies == ["pids"])
        let tree = try ProgramRun.cgwarden("tree", "--json", cgroup.path)
        let nodes = try #require(
            JSONSerialization.jsonObject(with: Data(tree.bytes)) as? [JSONText.Object])
        let processes = try #require(nodes.first?["processes"] as? [String: [Int]])
        #expect(processes["pids"] == [Int(member.pid)])
        #expect(processes["memory"] == [])
    }
}
