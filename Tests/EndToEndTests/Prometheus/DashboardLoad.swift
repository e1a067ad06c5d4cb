import CgroupModel
import Foundation
import TestSupport
import Testing

/// A slice with a busy service at its limits, and one in which the OOM killer strikes.
final class DashboardLoad {
    let slice: ProgramCgroup
    let web: ProgramCgroup
    let database: ProgramCgroup
    private let file: String
    private let isFileOwn: Bool
    private var members: [ProgramRun] = []
    private let state = try? DaemonPlaces("")

    init() throws {
        slice = try ProgramCgroup("-load.slice")
        web = try ProgramCgroup(bytes: Array("web.service".utf8), below: slice)
        database = try ProgramCgroup(bytes: Array("db.service".utf8), below: slice)
        // A guest has an empty disk of its own, and its temporary files are on none.
        isFileOwn = !RunningDaemon.isInGuest
        file =
            isFileOwn
            ? FileManager.default.temporaryDirectory.appending(
                path: "cgwarden-test-\(UUID().uuidString)"
            ).path()
            : "/dev/vda"
        do { try limit() } catch { end(); throw error }
    }

    deinit { end() }

    private func limit() throws {
        if isFileOwn { try Data(count: 8 << 20).write(to: URL(filePath: file)) }
        try set(
            web, "memory.max=64MiB", "memory.soft_limit=56MiB", "cpu.max=30%cpu", "pids.max=40")
        if !web.isMemoryLegacy { try set(web, "memory.low=8MiB", "memory.swap.max=32MiB") }
        if let disk {
            try set(
                web, "io.max=\(disk):rbps=1MB/s", "io.max=\(disk):wbps=1MB/s",
                "io.max=\(disk):riops=500/s", "io.max=\(disk):wiops=500/s")
        }
        try set(database, "memory.max=16MiB", "memory.memsw.max=16MiB")
    }

    /// Lets the members begin.
    func start() throws {
        let block = "bs=64k status=none"
        for script in [
            "echo ready; while :; do :; done",
            "echo ready; while :; do dd if=\(file) of=/dev/null iflag=direct \(block); done",
            "echo ready; while :; do dd if=/dev/zero of=\(file) oflag=direct conv=notrunc"
                + " count=128 \(block); done",
        ] { members.append(try web.start(script)) }
        // The OOM killer ends it.
        members.append(try database.start("echo ready; exec tail /dev/zero"))
    }

    /// Ends the members and removes the cgroups, the lower ones first.
    func end() {
        for member in members {
            member.send(SIGKILL)
            _ = try? member.result()
        }
        members = []
        // A child of a shell outlives it.
        for cgroup in [web, database] {
            for directory in cgroup.directories {
                let text = try? String(contentsOfFile: "\(directory)/cgroup.procs", encoding: .utf8)
                for pid in (text ?? "").split(separator: "\n").compactMap({ Int32($0) }) {
                    kill(pid, SIGKILL)
                }
            }
        }
        for cgroup in [web, database, slice] { cgroup.remove() }
        if isFileOwn { try? FileManager.default.removeItem(atPath: file) }
    }

    private func set(_ cgroup: ProgramCgroup, _ limits: String...) throws {
        let result = try #require(state).command(["set", cgroup.path] + limits)
        guard result.status == 0 else {
            throw ProgramTrouble("set \(cgroup.path) \(limits): \(result.errors)")
        }
    }

    /// The whole disk that the file is on, nil if it is on none.
    private var disk: String? {
        guard isFileOwn else { return file }
        let device = try? ProgramRun.run("stat", ["-c", "%Hd:%Ld", file])
        guard let number = device?.lines.first else { return nil }
        let link = "/sys/dev/block/\(number)"
        guard FileManager.default.fileExists(atPath: link) else { return nil }
        let place = URL(filePath: link).resolvingSymlinksInPath()
        let isPart = FileManager.default.fileExists(atPath: "\(link)/partition")
        return "/dev/\((isPart ? place.deletingLastPathComponent() : place).lastPathComponent)"
    }

    /// For the group `web`: a rule that fires, one that this machine cannot follow, and a guard.
    static let rules = """
        rules:
          - {name: busy, on: web, when: pids.current >= 1, until: pids.current < 1, do: [{set: {pids.max: 39}}]}
          - {name: v1, on: web, when: pids.current > 9000, requires: [v1], do: [{notify: {}}]}
          - {name: v2, on: web, when: pids.current > 9000, requires: [v2], do: [{notify: {}}]}
        guards:
          - {name: guard, on: web, freeze_at: 99%, resume_at: 90%, max_frozen: 1s, on_timeout: thaw_killer, allow_force_empty: true, relief: [reclaim]}
        """

    /// A policy for the busy service.
    var policy: String {
        """
        defaults: {interval: 500ms}
        groups: {web: {path: "\(web.path)"}}
        \(Self.rules)
        """
    }

    /// Whether this kernel has the number for the busy service; what is not of the kernel is there.
    func isGiven(_ family: String) -> Bool {
        let rows = MetricCatalog.all.filter { $0.family == family }
        let sources = rows.flatMap { [$0.v1, $0.v2].compactMap { $0 } }
        return sources.isEmpty
            || sources.contains { source in
                web.directories.contains { directory in
                    let path = "\(directory)/\(source.file)"
                    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                        return false
                    }
                    let key = source.key?.prefix { $0 != "." } ?? ""
                    return key.allSatisfy(\.isNumber) || text.contains(key)
                }
            }
    }
}
