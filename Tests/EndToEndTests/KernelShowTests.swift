import CgroupModel
import Foundation
import TestSupport
import Testing

/// `show --json` of a scratch cgroup against the running kernel's own files: on this host and in
/// the guests.
@Suite(.enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelShowTests {
    /// Uses some memory and CPU time, writes to disk where it can, and then keeps still.
    private static let load = """
        head -c 8000000 /dev/zero | tail -c 4000000 >/dev/null
        dd if=/dev/zero of="$1" bs=64k count=4 oflag=direct 2>/dev/null
        rm -f "$1"
        echo ready
        read line
        """

    private func show(_ cgroup: ProgramCgroup) throws -> JSONText.Object {
        let result = try ProgramRun.cgwarden("show", "--json", cgroup.path)
        try #require(result.status == 0, "\(result.errors)")
        #expect(result.errors.isEmpty)
        return try JSONText.object(result.output)
    }

    @Test func everyNumberIsTheKernels() throws {
        let cgroup = try ProgramCgroup()
        let file = FileManager.default.currentDirectoryPath + "/.build/cgwarden-test-file"
        let member = try cgroup.start(Self.load, [file])
        defer { member.send(SIGKILL) }
        let kernel = KernelFiles(cgroup)
        // All stands still at some time but averages of pressure, which first rise, then fall for
        // minutes: a wrong one would never lie between its neighbours.
        let (before, shown, after) = try awaiting("the cgroup keeps still") {
            let before = kernel.values()
            let shown = JSONText.flat(try show(cgroup))
            let after = kernel.values()
            let isStill = before.allSatisfy { name, value in
                let other = after[name] ?? value
                return name.contains(".avg")
                    ? Self.lies(shown[name], between: value, and: other) : other == value
            }
            return isStill ? (before, shown, after) : nil
        }
        #expect(before.count > 40)
        for (name, value) in before {
            let found = shown[name]
            let other = after[name] ?? value
            #expect(
                Self.lies(found, between: value, and: other),
                "\(name): kernel \(value) to \(other), shown \(found ?? "-")")
        }
        // Besides the cgroup's own values only what is about its processes and its ancestors.
        let apart = [
            "path", "inode", "processes", "memory.swap.max", "throttled_by", "frozen_by",
            "over_memory_high_of",
        ]
        let extra = shown.keys.filter { name in
            before[name] == nil && !apart.contains(name)
                && !["inodes/", "effective/", "unavailable/", "owner/"].contains(
                    where: name.hasPrefix)
        }
        #expect(extra.isEmpty, "in no kernel file: \(extra.sorted())")
        let kept = member.isRunning
        #expect(kept)
    }

    /// The same text, or a number between two others; 0.5 and 0.50 are the same number.
    private static func lies(_ found: String?, between left: String, and right: String) -> Bool {
        if found == left { return true }
        guard let found = found.flatMap({ Double($0) }), let left = Double(left),
            let right = Double(right), left < 9e15, right < 9e15
        else { return false }
        return min(left, right) <= found && found <= max(left, right)
    }

    /// The mapping itself, by hand, so that a mistake in the catalog cannot hide.
    @Test func metricNamesMeanTheirKernelFiles() throws {
        let cgroup = try ProgramCgroup()
        let member = try cgroup.start("echo ready; read line")
        defer { member.send(SIGKILL) }
        func word(_ controller: String, _ legacy: String, _ unified: String) throws -> UInt64 {
            let directory = try #require(cgroup.directory(of: controller))
            let names = [unified, legacy].map { "\(directory)/\($0)" }
            let name = try #require(names.first { FileManager.default.fileExists(atPath: $0) })
            let text = try String(contentsOfFile: name, encoding: .utf8)
            return try #require(UInt64(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        }
        let memory = try #require(cgroup.directory(of: "memory"))
        func anonymous() throws -> UInt64? {
            let stat = try String(contentsOfFile: "\(memory)/memory.stat", encoding: .utf8)
            let key = stat.contains("total_rss ") ? "total_rss " : "anon "
            let line = stat.split(separator: "\n").first { $0.hasPrefix(key) }
            return line.flatMap { UInt64($0.dropFirst(key.count)) }
        }
        func number(_ shown: JSONText.Object, _ name: String) -> UInt64? {
            (shown[name] as? NSNumber)?.uint64Value
        }
        // The kernel may give pages that a CPU kept in stock back at any time.
        let shown = try awaiting("usage as the kernel has it") {
            let shown = try show(cgroup)
            let usage = try word("memory", "memory.usage_in_bytes", "memory.current")
            let isSame =
                try number(shown, "memory.current") == usage
                && number(shown, "memory.anon") == anonymous()
            return isSame ? shown : nil
        }
        #expect(number(shown, "memory.current") ?? 0 > 0)
        #expect(number(shown, "pids.current") == 1)
        #expect(try word("pids", "pids.current", "pids.current") == 1)
        #expect(shown["memory.max"] as? String == "max")
        #expect(shown["pids.max"] as? String == "max")
        #expect(shown["path"] as? String == cgroup.path)
        let inode = try FileManager.default.attributesOfItem(atPath: memory)[.systemFileNumber]
        #expect(number(shown, "inode") == (inode as? NSNumber)?.uint64Value)
    }

    /// A limit of the parent binds where the child allows more; that of the child where it is lower.
    @Test func effectiveLimitsComeFromTheAncestors() throws {
        let parent = try ProgramCgroup()
        let child = try ProgramCgroup(bytes: Array("child".utf8), below: parent)
        defer { child.remove() }
        func set(_ cgroup: ProgramCgroup, _ controller: String, _ files: [(String, String)]) throws
        {
            let directory = try #require(cgroup.directory(of: controller))
            let (file, value) = try #require(
                files.first { FileManager.default.fileExists(atPath: "\(directory)/\($0.0)") })
            try Data(value.utf8).write(to: URL(filePath: "\(directory)/\(file)"))
        }
        let megabyte = 1 << 20
        for (cgroup, limit) in [(parent, 64 * megabyte), (child, 128 * megabyte)] {
            try set(
                cgroup, "memory",
                [("memory.limit_in_bytes", "\(limit)"), ("memory.max", "\(limit)")])
        }
        try set(parent, "pids", [("pids.max", "50")])
        try set(child, "pids", [("pids.max", "20")])
        try set(
            parent, "cpu", [("cpu.cfs_quota_us", "50000"), ("cpu.max", "50000 100000")])
        let shown = try show(child)
        let effective = try #require(shown["effective"] as? JSONText.Object)
        #expect((shown["memory.max"] as? NSNumber)?.intValue == 128 * megabyte)
        #expect((effective["memory.max"] as? NSNumber)?.intValue == 64 * megabyte)
        #expect((effective["pids.max"] as? NSNumber)?.intValue == 20)
        #expect((effective["cpu.max"] as? NSNumber)?.doubleValue == 0.5)
        #expect(shown["cpu.max"] as? String == "max")
        let text = try ProgramRun.cgwarden("show", child.path).output
        #expect(text.contains("64.0M  (set at \(parent.path))"))
        #expect(text.contains("20  (set at \(child.path))"))
        #expect(text.contains("0.5cpus  (set at \(parent.path))"))
    }
}
