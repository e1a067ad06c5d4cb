import Actuation
import CgroupModel
import Foundation
import Hierarchy
import KernelIO
import Synchronization
import Testing

/// A host in a directory of plain files instead of interface files.
///
/// It is removed at deinit.
final class FakeMachine: Sendable {
    let root: String
    let set: HierarchySet

    /// `trees` maps a mount's directory to its v1 controllers, or to "cgroup2".
    init(_ trees: [String: String]) throws {
        root = NSTemporaryDirectory() + "cgwarden-limits-\(UUID().uuidString)"
        let proc = "\(root)/proc/self"
        try FileManager.default.createDirectory(
            atPath: proc, withIntermediateDirectories: true)
        var mounts = ""
        for (place, (name, kind)) in trees.sorted(by: { $0.key < $1.key }).enumerated() {
            let directory = name.isEmpty ? "" : "/\(name)"
            try FileManager.default.createDirectory(
                atPath: "\(root)/cgroup\(directory)", withIntermediateDirectories: true)
            let end =
                kind == "cgroup2" ? "cgroup2 cgroup2 rw" : "cgroup cgroup rw,\(kind)"
            mounts += "\(30 + place) 20 0:\(30 + place) / /sys/fs/cgroup\(directory) rw - \(end)\n"
        }
        try Data(mounts.utf8).write(to: URL(filePath: "\(proc)/mountinfo"))
        if trees.values.contains("cgroup2") {
            try Data("cpuset cpu io memory pids hugetlb\n".utf8).write(
                to: URL(filePath: "\(root)/cgroup/cgroup.controllers"))
        }
        set = try HierarchySet.discover(.captured(in: root))
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// Makes a cgroup with files in one tree.
    func cgroup(_ path: String, in tree: String = "", _ files: [String: String]) throws {
        let directory = "\(root)/cgroup/\(tree)\(path)"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        for (name, text) in files.merging(["cgroup.procs": ""], uniquingKeysWith: { $1 }) {
            let url = URL(filePath: "\(directory)/\(name)")
            try Data("\(text)\n".utf8).write(to: url)
        }
    }

    func text(_ file: String) throws -> String {
        try String(contentsOfFile: "\(root)/cgroup/\(file)", encoding: .utf8)
            .trimmingCharacters(in: .newlines)
    }

    var journal: UndoJournal { UndoJournal(directory: "\(root)/state") }

    static let legacy = ["memory": "memory", "cpu": "cpu", "cpuset": "cpuset", "pids": "pids"]

    func plan(
        _ wishes: [String], on path: String = "/a", files: any ControlFiles = KernelControlFiles(),
        force: Bool = false, shrink: Bool = false
    ) throws -> LimitPlan {
        let host = HostFacts(
            memoryBytes: 8 << 30, cpus: RangeList(0..<4), nodes: [0: RangeList(0..<4)])
        let requests = try wishes.flatMap { try LimitRequest.all(parsing: $0, host: host) }
        return try LimitPlanner(ActingContext(set, files: files)).plan(
            requests, on: CgroupPath(path), force: force, shrink: shrink)
    }

    /// A v1 cgroup with all files of memory and cpu.
    func legacyCgroup(_ path: String = "/a") throws {
        try cgroup(
            path, in: "memory",
            [
                "memory.limit_in_bytes": "209715200", "memory.memsw.limit_in_bytes": "209715200",
                "memory.usage_in_bytes": "1048576", "memory.memsw.usage_in_bytes": "1048576",
                "memory.soft_limit_in_bytes": "9223372036854771712",
            ])
        try cgroup(
            path, in: "cpu",
            [
                "cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000", "cpu.cfs_burst_us": "0",
                "cpu.shares": "205", "cpu.idle": "0",
            ])
        try cgroup(path, in: "pids", ["pids.max": "max", "pids.current": "3"])
    }
}

/// Files of which chosen writes fail; all that was written is kept.
final class FaultingControlFiles: ControlFiles {
    private struct State {
        var faults: [(file: String, code: Int32, after: Int, times: Int)] = []
        var written: [String] = []
    }

    private let state = Mutex(State())
    private let files = KernelControlFiles()

    /// Lets writes of a file fail: the first `after` of them succeed, the next `times` do not.
    func fail(_ file: String, _ code: Int32, after: Int = 0, times: Int = .max) {
        state.withLock { $0.faults.append((file, code, after, times)) }
    }

    /// `FILE=VALUE` of all writes that succeeded.
    var written: [String] { state.withLock(\.written) }

    func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String {
        try files.text(name, of: directory)
    }

    func write(_ value: String, to name: String, of directory: CgroupDirectory) throws(IOError) {
        let code = state.withLock { state -> Int32? in
            for index in state.faults.indices where state.faults[index].file == name {
                if state.faults[index].after > 0 {
                    state.faults[index].after -= 1
                } else if state.faults[index].times > 0 {
                    state.faults[index].times -= 1
                    return state.faults[index].code
                }
            }
            state.written.append("\(name)=\(value)")
            return nil
        }
        if let code { throw IOError("write \(value) to", name, code: code) }
        try files.write(value, to: name, of: directory)
    }
}

/// Keeps the waiting times instead of waiting.
final class PauseLog: Sendable {
    private let log = Mutex<[Duration]>([])
    var durations: [Duration] { log.withLock { $0 } }
    func pause(_ duration: Duration) { log.withLock { $0.append(duration) } }
}
