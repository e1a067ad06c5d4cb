package import Foundation
package import Hierarchy

/// A captured kernel tree of `Tests/Fixtures`, unpacked for as long as it is needed.
package final class CapturedTree: Sendable {
    /// The archives, named after mode and kernel.
    package static let names = ["v1-6.1", "v2-6.1", "hybrid-6.1"]

    /// The directory that holds `cgroup` and `proc`.
    package let directory: URL

    /// Unpacks an archive into a temporary directory.
    package init(_ name: String) throws {
        let archive = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures/\(name).tar.gz")
        directory = FileManager.default.temporaryDirectory
            .appending(path: "cgwarden-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let tar = Process()
        tar.executableURL = URL(filePath: "/bin/tar")
        tar.arguments = ["-xzf", archive.path(), "-C", directory.path()]
        try tar.run()
        tar.waitUntilExit()
        guard tar.terminationStatus == 0 else {
            throw TestSupportError("cannot unpack \(archive.path())")
        }
    }

    // Keep the tree in a variable while its files are wanted.
    deinit { try? FileManager.default.removeItem(at: directory) }

    /// The tree as a machine.
    package var system: SystemRoot {
        var path = directory.path()
        if path.hasSuffix("/") { path.removeLast() }
        return .captured(in: path)
    }

    /// All interface files with their contents, by their path below `cgroup`.
    package func files() throws -> [(path: String, text: String)] {
        let root = directory.appending(path: "cgroup")
        let names = try FileManager.default.subpathsOfDirectory(atPath: root.path()).sorted()
        return names.compactMap { name in
            let bytes = FileManager.default.contents(atPath: root.appending(path: name).path())
            return bytes.map { (name, String(decoding: $0, as: UTF8.self)) }
        }
    }
}

/// Why a test cannot be prepared.
package struct TestSupportError: Error, CustomStringConvertible {
    /// The sentence for a person.
    package let description: String

    /// Holds a sentence.
    package init(_ description: String) { self.description = description }
}
