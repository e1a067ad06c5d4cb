import Foundation
import Glibc
import KernelIO
import TestSupport
import Testing

/// Files that the program writes, with other users' files in their place.
@Suite struct OwnFileTests {
    private let folder: ScratchFolder

    /// Each way in which the program opens a file to write to.
    enum Writing: String, CaseIterable, Sendable {
        case appended, rotated, log, whole, sidecar

        func write(_ path: String) throws(IOError) {
            switch self {
            case .appended:
                var file = try AppendedFile(path)
                try file.append([0x61])
            case .rotated: try RotatedFile(path).append([0x61])
            case .log: try LogFile(path).append([0x61])
            case .whole: try StandardOutput.write([0x61], toFile: path)
            case .sidecar:
                let file = try SidecarFile(path, readers: AppendedFile.Readers(group: nil))
                #expect(file.write([0x61], at: 0))
            }
        }
    }

    init() throws { folder = try ScratchFolder() }

    private func failure(_ writing: Writing, _ path: String) -> String? {
        do throws(IOError) {
            try writing.write(path)
            return nil
        } catch { return error.description }
    }

    @Test(arguments: Writing.allCases) func fileIsCreatedAndKept(_ writing: Writing) throws {
        let path = folder.path("file")
        for _ in 0..<2 { #expect(failure(writing, path) == nil) }
        #expect(folder.text("file") == ([.whole, .sidecar].contains(writing) ? "a" : "aa"))
        #expect(folder.mode("file") & 0o022 == 0)
    }

    @Test(arguments: Writing.allCases) func symbolicLinkIsNotFollowed(_ writing: Writing) throws {
        try folder.write("victim", "kept")
        try folder.link("link", to: "victim")
        #expect(failure(writing, folder.path("link"))?.contains("symbolic link") == true)
        try folder.link("nowhere", to: "made")
        #expect(failure(writing, folder.path("nowhere")) != nil)
        #expect(folder.text("victim") == "kept")
        #expect(folder.text("made") == nil)
    }

    /// It has no reader, so opening it would block.
    @Test(arguments: Writing.allCases) func pipeIsRefused(_ writing: Writing) throws {
        let pipe = folder.path("pipe")
        #expect(unsafe mkfifo(pipe, 0o600) == 0)
        #expect(failure(writing, pipe) == "cannot use \(pipe): it is not a regular file")
        #expect(failure(writing, "/dev/null")?.contains("not a regular file") == true)
    }

    @Test(
        .enabled(if: geteuid() == 0, "only root can give a file away"),
        arguments: Writing.allCases)
    func fileOfAnotherUserIsRefused(_ writing: Writing) throws {
        try folder.write("file", "kept")
        #expect(unsafe chown(folder.path("file"), 65534, 65534) == 0)
        #expect(failure(writing, folder.path("file"))?.contains("owned by user 65534") == true)
        #expect(folder.text("file") == "kept")
        // Nor is anything made behind another's link.
        try folder.makeFolder("there")
        try folder.link("folder", to: "there")
        #expect(unsafe lchown(folder.path("folder"), 65534, 65534) == 0)
        #expect(failure(writing, folder.path("folder/new"))?.contains("user 65534") == true)
        #expect(folder.text("there/new") == nil)
    }

    @Test func replacingALinkKeepsItsTarget() throws {
        try folder.write("victim", "kept")
        try folder.makeFolder("own")
        try folder.link("own/top.yaml", to: "../victim")
        let own = try OwnDirectory(making: folder.path("own"))
        try own.replace("top.yaml", with: Array("new".utf8))
        #expect(folder.text("own/top.yaml") == "new")
        #expect(folder.text("victim") == "kept")
        try own.replace("top.yaml", with: Array("newer".utf8))
        #expect(folder.text("own/top.yaml") == "newer")
        #expect(folder.names("own") == ["top.yaml"])
    }

    @Test func missingDirectoriesAreCreated() throws {
        let own = try OwnDirectory(making: folder.path("a/b/c"))
        try own.replace("f", with: [])
        #expect(folder.text("a/b/c/f")?.isEmpty == true)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a directory away"))
    func nothingIsCreatedInAnotherUsersDirectory() throws {
        try folder.makeFolder("home/.config")
        try folder.makeFolder("etc")
        for name in ["home", "home/.config"] {
            #expect(unsafe chown(folder.path(name), 65534, 65534) == 0)
        }
        for name in ["home/.config", "home/.config/cgwarden"] {
            #expect(throws: FileRefusal.self) { _ = try OwnDirectory(making: folder.path(name)) }
        }
        #expect(folder.names("home/.config") == [])
        // The user's link leads to a directory of root's.
        try folder.link("home/.config/cgwarden", to: folder.path("etc"))
        #expect(unsafe lchown(folder.path("home/.config/cgwarden"), 65534, 65534) == 0)
        #expect(throws: FileRefusal.self) {
            _ = try OwnDirectory(making: folder.path("home/.config/cgwarden"))
        }
    }
}
