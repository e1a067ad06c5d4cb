import Foundation
import Glibc
import Hierarchy
import Testing

/// A made-up machine with one v2 tree.
final class CapturedMachine {
    private let root = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    let system: SystemRoot
    let set: HierarchySet

    init() throws {
        system = .captured(in: root.path())
        let proc = root.appending(path: "proc/self")
        try FileManager.default.createDirectory(at: proc, withIntermediateDirectories: true)
        try FileManager.default.createDirectory(
            at: root.appending(path: "cgroup"), withIntermediateDirectories: true)
        try "30 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n".write(
            to: proc.appending(path: "mountinfo"), atomically: false, encoding: .utf8)
        try "cpuset\n".write(
            to: root.appending(path: "cgroup/cgroup.controllers"), atomically: false,
            encoding: .utf8)
        set = try HierarchySet.discover(system)
    }

    deinit { try? FileManager.default.removeItem(at: root) }

    func file(_ name: String, _ text: String) throws {
        let file = root.appending(path: name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: false, encoding: .utf8)
    }

    func link(_ name: String, to target: String) throws {
        let link = root.appending(path: name)
        try? FileManager.default.removeItem(at: link)
        try FileManager.default.createSymbolicLink(
            atPath: link.path(), withDestinationPath: target)
    }

    /// Makes a process run a program of the machine's with these permissions.
    func program(of pid: Int32, mode: mode_t) throws {
        let program = root.appending(path: "program").path()
        try file("program", "")
        try #require(unsafe chmod(program, mode) == 0)
        try link("proc/\(pid)/exe", to: program)
    }

    func text(_ name: String) throws -> String {
        try String(contentsOf: root.appending(path: name), encoding: .utf8)
    }

    /// A process in a cgroup, which then holds it alone.
    func process(
        _ pid: Int32, _ name: String, parent: Int32 = 1, user: UInt32 = 0, flags: Int = 0,
        title: String? = nil, session: String = "4294967295", cgroup: String? = nil,
        isSelf: Bool = false
    ) throws {
        let rest = "0 -1 \(flags) 0 0 0 0 1 1 0 0 20 0 1 0 100 1000 10 18446744073709551615"
        for place in isSelf ? ["self", "\(pid)"] : ["\(pid)"] {
            try file("proc/\(place)/stat", "\(pid) (\(name)) S \(parent) \(pid) \(pid) \(rest)\n")
            try file(
                "proc/\(place)/status",
                "Name:\t\(name)\nUid:\t\(user)\t\(user)\t\(user)\t\(user)\n")
            try file("proc/\(place)/cmdline", title ?? name)
            try file("proc/\(place)/sessionid", session)
            try file("proc/\(place)/cgroup", "0::\(cgroup ?? "/")\n")
        }
        if let cgroup { try file("cgroup\(cgroup)/cgroup.procs", "\(pid)\n") }
    }
}
