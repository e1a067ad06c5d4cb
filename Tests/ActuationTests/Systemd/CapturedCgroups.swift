import CgroupModel
import Foundation
import Hierarchy
import Testing

@testable import Actuation

/// Directories and files that look like a machine's cgroups, gone with the last one who holds them.
final class CapturedCgroups: Sendable {
    let set: HierarchySet
    private let directory: String

    /// One v2 tree with controllers, or v1 trees, each mounted under its controller's name.
    init(unified: String = "", legacy controllers: [String] = []) throws {
        directory = "/tmp/cgwarden-test-\(UUID().uuidString)"
        try Self.make(directory + "/proc/self")
        try Self.make(directory + "/cgroup")
        var mounts = ""
        for name in controllers {
            try Self.make(directory + "/cgroup/" + name)
            let number = 40 + mounts.count
            mounts += "\(number) 30 0:\(number) / /sys/fs/cgroup/\(name) rw - cgroup c rw,\(name)\n"
        }
        if controllers.isEmpty { mounts = "40 30 0:40 / /sys/fs/cgroup rw - cgroup2 c rw\n" }
        try Data((unified + "\n").utf8).write(
            to: URL(filePath: directory + "/cgroup/cgroup.controllers"))
        try mounts.write(
            toFile: directory + "/proc/self/mountinfo", atomically: false, encoding: .utf8)
        set = try HierarchySet.discover(.captured(in: directory))
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    /// The directory of all of it.
    var place: String { directory }

    /// Makes a cgroup with files, in the first tree.
    func cgroup(_ path: String, _ files: [String: String] = [:]) throws -> CgroupDirectory {
        let tree = String(decoding: set.hierarchies[0].directory, as: UTF8.self)
        try Self.make(tree + path)
        for (name, text) in files { write(text, to: path + "/" + name) }
        return try CgroupDirectory(CgroupPath(path), in: set.hierarchies[0])
    }

    func write(_ text: String, to file: String) {
        let tree = String(decoding: set.hierarchies[0].directory, as: UTF8.self)
        try? Data((text + "\n").utf8).write(to: URL(filePath: tree + file))
    }

    private static func make(_ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }
}
