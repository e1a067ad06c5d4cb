package import CgroupModel
import Foundation
package import Hierarchy

/// State files of container runtimes as they write them, in a directory that stands for the machine.
package final class RuntimeTree: Sendable {
    /// An identifier as runtimes make them.
    package static let id = String(repeating: "3f4e1b0c9d8a7e6f", count: 4)
    /// The id of another container.
    package static let other = String(repeating: "b2a102854b4969b2", count: 4)
    /// A pod's, with dashes.
    package static let uid = "1858680e-b044-4fd5-9dd4-f137e30e2180"

    /// The directory.
    package let root: String

    /// Makes an empty machine.
    package init() throws {
        root = NSTemporaryDirectory() + "cgwarden-test-runtimes-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// The directory as a machine.
    package var system: SystemRoot { .captured(in: root) }

    /// Writes a file; `user` owns it, if root runs the tests.
    package func file(_ path: String, _ text: String, user: UInt32? = nil) throws {
        let url = URL(filePath: root + path)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try? FileManager.default.removeItem(at: url)
        try Data(text.utf8).write(to: url)
        var attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
        if let user { attributes[.ownerAccountID] = user }
        try FileManager.default.setAttributes(attributes, ofItemAtPath: root + path)
    }

    /// Makes a cgroup of v2.
    package func cgroup(_ path: String) throws {
        try file("/cgroup\(path)/cgroup.procs", "")
    }

    /// Makes the machine one of v2, with the cgroups that are given.
    package func mount(_ paths: [String]) throws {
        try file(
            "/proc/self/mountinfo", "30 20 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
        try file("/cgroup/cgroup.controllers", "cpu io memory pids\n")
        for path in paths { try cgroup(path) }
    }

    /// docker's `config.v2.json`.
    package func docker(
        _ id: String = id, name: String, image: String = "nginx:1.25",
        labels: String = "{\"tier\":\"front\"}", root: String = "/var/lib/docker",
        user: UInt32? = nil
    ) throws {
        try file(
            "\(root)/containers/\(id)/config.v2.json",
            """
            {"StreamConfig":{},"State":{"Running":true,"Pid":4711,"StartedAt":"2024-04-09T07:12:43Z"},\
            "ID":"\(id)","Created":"2024-04-09T07:12:42.5Z","Managed":false,"Path":"/entry.sh",\
            "Args":["nginx","-g","daemon off;"],"Config":{"Hostname":"\(id.prefix(12))",\
            "Env":["PATH=/usr/bin","Name=not-this"],"Image":"\(image)","Volumes":null,\
            "Labels":\(labels)},"Image":"sha256:\(id)","NetworkSettings":{"Networks":{"bridge":\
            {"Name":"not-this-either","Gateway":"172.17.0.1"}}},"Name":"/\(name)",\
            "RestartCount":0,"HasBeenStartedBefore":true}
            """, user: user)
    }

    /// The bundle of containerd, CRI-O or podman: an OCI configuration with annotations.
    package func bundle(
        _ directory: String, _ annotations: [String: String], user: UInt32? = nil
    ) throws {
        let text = String(
            decoding: try JSONSerialization.data(withJSONObject: annotations), as: UTF8.self)
        try file(
            "\(directory)/config.json",
            """
            {"ociVersion":"1.0.2-dev","process":{"user":{"uid":0,"gid":0},"args":["/bin/web"],\
            "env":["annotations=none"]},"root":{"path":"rootfs"},"mounts":[{"destination":"/proc"}],\
            "annotations":\(text),"linux":{"cgroupsPath":"x:y:z","seccomp":{"syscalls":[]}}}
            """, user: user)
    }

    /// containers/storage's list, as podman 4.3.1 writes it.
    package func storage(
        _ file: String, _ containers: [(id: String, name: String, image: String)],
        user: UInt32? = nil
    ) throws {
        let entries = containers.map { id, name, image in
            """
            {"id":"\(id)","names":["\(name)"],"image":"018ab09c5e8a","layer":"5f00c2451cf8",\
            "metadata":"{\\"image-name\\":\\"\(image)\\",\\"image-id\\":\\"018ab09c5e8a\\",\
            \\"name\\":\\"\(name)\\",\\"created-at\\":1795529002}",\
            "created":"2026-11-24T14:03:22.06923724Z","flags":{"MountLabel":"","Volatile":true}}
            """
        }
        try self.file(file, "[" + entries.joined(separator: ",") + "]", user: user)
    }

    /// An entry of a snapshot.
    package static func entry(_ path: String, inode: UInt64 = 7) -> CgroupEntry {
        CgroupEntry(
            path: CgroupPath(path), id: CgroupID(inode: inode, generation: 1), parent: nil,
            controllers: [], row: RowLocation(block: 0, row: 0))
    }
}
