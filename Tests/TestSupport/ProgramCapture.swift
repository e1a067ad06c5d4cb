import Foundation

/// A captured tree of `Tests/Fixtures`, unpacked for one test and removed with it.
package final class ProgramCapture {
    /// The names of the captures.
    package static let modes = ["v1", "v2", "hybrid"]

    /// The directory for `--root`.
    package let root: String

    /// Unpacks the tree of a mode.
    package init(_ mode: String) throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let archive = tests.appending(path: "Fixtures/\(mode)-6.1.tar.gz").path()
        root = try Self.folder()
        let result = try ProgramRun.run("tar", ["-xzf", archive, "-C", root])
        guard result.status == 0 else { throw ProgramTrouble("tar: \(result.errors)") }
    }

    /// A tree of which nothing is there but `proc/self/mountinfo`.
    package init(mountinfo: String) throws {
        root = try Self.folder()
        try write(mountinfo, to: "proc/self/mountinfo")
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    private static func folder() throws -> String {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "cgwarden-test-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder.path()
    }

    /// Replaces or adds a file.
    package func write(_ text: String, to file: String) throws {
        let path = URL(filePath: "\(root)/\(file)")
        try FileManager.default.createDirectory(
            at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: path)
    }

    /// Gives a file or directory another mode (chmod(2)).
    package func permit(_ mode: Int, _ file: String) throws {
        try FileManager.default.setAttributes(
            [.posixPermissions: mode], ofItemAtPath: "\(root)/\(file)")
    }
}
