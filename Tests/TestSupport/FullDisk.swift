import Foundation

/// A small file system without room for another byte, and a file on it.
package final class FullDisk {
    private let folder = "/dev/shm/cgwarden-test-full-\(UUID().uuidString)"

    /// The file, which cannot grow.
    package var file: String { "\(folder)/audit.jsonl" }

    /// Mounts it, which takes root.
    package init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let mounted = try ProgramRun.run(
            "mount", ["-t", "tmpfs", "-o", "size=4k,mode=755", "cgwarden-test", folder])
        guard mounted.status == 0 else { throw ProgramTrouble("mount: \(mounted.errors)") }
        try Data(repeating: 0x0a, count: 4096).write(to: URL(filePath: file))
    }

    /// Makes it larger.
    package func makeRoom() throws {
        let mounted = try ProgramRun.run("mount", ["-o", "remount,size=1m", folder])
        guard mounted.status == 0 else { throw ProgramTrouble("mount: \(mounted.errors)") }
    }

    deinit {
        _ = try? ProgramRun.run("umount", ["-l", folder])
        try? FileManager.default.removeItem(atPath: folder)
    }
}
