import Foundation
import Hierarchy
import TestSupport
import Testing

/// How a daemon's work ends.
enum Ending: String, CaseIterable {
    /// As systemd stops it.
    case stopped
    /// By `cgwarden panic`.
    case panicked
    /// By SIGKILL, with its guardian alive.
    case killed
    /// By SIGKILL together with its guardian, and `cgwarden restore` after that.
    case restored
}

extension Scenario {
    /// All files that a policy can change.
    private static let files = [
        "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.soft_limit_in_bytes",
        "memory.oom_control", "memory.max", "memory.high", "memory.low", "memory.swap.max",
        "cpu.shares", "cpu.cfs_quota_us", "cpu.cfs_period_us", "cpu.weight", "cpu.max",
        "cpuset.cpus", "cpuset.mems", "pids.max", "freezer.self_freezing", "cgroup.freeze",
        "io.max", "blkio.throttle.write_bps_device",
    ]

    /// The contents of the kernel's files in every hierarchy, by path.
    var values: [String: String] {
        var values: [String: String] = [:]
        for hierarchy in scratch.set.hierarchies {
            for cgroup in cgroups {
                let directory = String(
                    decoding: scratch.directory(hierarchy, Array(cgroup.utf8)), as: UTF8.self)
                for file in Self.files {
                    // The kernel of v2 refuses to empty a set that is in use, and all CPUs are the
                    // same.
                    let effective = "\(directory)/\(file).effective"
                    let path =
                        FileManager.default.fileExists(atPath: effective)
                        ? effective : "\(directory)/\(file)"
                    let text = try? String(contentsOfFile: path, encoding: .utf8)
                    // The other lines of memory.oom_control are the kernel's.
                    values[path] = text.map { file.hasSuffix("oom_control") ? $0.firstLine : $0 }
                }
            }
        }
        return values
    }

    /// Values that are not what they were before the daemon came.
    var changed: [String] {
        let now = values
        return before.filter { now[$0.key] != $0.value }
            .map { "\($0.key): \(now[$0.key] ?? "absent"), it was \($0.value)" }.sorted()
    }

    /// Ends the daemon, and waits until everything is as before.
    func end(_ ending: Ending) throws {
        let daemon = try #require(daemon)
        switch ending {
        case .stopped:
            let result = try daemon.stop()
            #expect(result.status == 0, "\(result.errors)")
            #expect(changed.isEmpty, "\(ending): \(changed)")
        case .panicked:
            let result = try daemon.command("panic")
            #expect(result.status == 0, "\(result)")
            _ = try daemon.result()
        case .killed: try daemon.kill()
        case .restored:
            try daemon.killWithGuardian()
            #expect(!changed.isEmpty, "there was nothing to restore")
            let result = try daemon.command("restore")
            #expect(result.status == 0, "\(result)")
            #expect(changed.isEmpty, "\(ending): \(changed)")
        }
        try eventually("all is as before, \(ending): \(changed)") { changed.isEmpty }
        try eventually("the guardian has ended") { daemon.guardian == nil }
        #expect(try daemon.command("restore").output == "nothing to undo\n", "\(ending)")
    }

    // MARK: The kernel's counters

    /// CPU time in microseconds.
    func cpuTime(of cgroup: String) -> UInt64 {
        number("usage_usec", in: "cpu.stat", of: cgroup)
            ?? (UInt64(text("cpuacct.usage", of: cgroup)) ?? 0) / 1000
    }

    /// CPUs used over some time.
    func cpus(of cgroup: String, seconds: Double) -> Double {
        let clock = ContinuousClock()
        let (start, first) = (clock.now, cpuTime(of: cgroup))
        Thread.sleep(forTimeInterval: seconds)
        return Double(cpuTime(of: cgroup) - first) / ((clock.now - start) / .microseconds(1))
    }

    /// The quota in CPUs; nil for no limit.
    func quota(of cgroup: String) -> Double? {
        let unified = text("cpu.max", of: cgroup)
        let words =
            (unified.isEmpty
            ? text("cpu.cfs_quota_us", of: cgroup) + " " + text("cpu.cfs_period_us", of: cgroup)
            : unified).split(separator: " ").compactMap { Double($0) }
        return words.count == 2 && words[0] > 0 ? words[0] / words[1] : nil
    }

    /// Bytes of memory in use.
    func memory(of cgroup: String) -> UInt64 {
        UInt64(text("memory.current", "memory.usage_in_bytes", of: cgroup)) ?? 0
    }

    /// Charges that the memory limit refused, and processes that the kernel killed for it.
    func refusals(of cgroup: String) -> (charges: UInt64, kills: UInt64) {
        (
            number("max", in: "memory.events", of: cgroup)
                ?? UInt64(text("memory.failcnt", of: cgroup)) ?? 0,
            number("oom_kill", in: "memory.events", of: cgroup)
                ?? number("oom_kill", in: "memory.oom_control", of: cgroup) ?? 0
        )
    }

    /// Tasks in a cgroup.
    func tasks(in cgroup: String) -> Int { Int(text("pids.current", of: cgroup)) ?? 0 }
}

extension [DaemonRun.Line] {
    /// How often a rule began to act.
    func firings(of rule: String) -> Int {
        states(of: rule).count { $0.hasSuffix("-> active") && !$0.hasPrefix("clearing") }
    }
}

extension String {
    fileprivate var firstLine: String { String(prefix { $0 != "\n" }) }
}
