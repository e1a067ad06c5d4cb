import Foundation
import KernelIO
import Testing

@Suite struct TrustedFileTests {
    private let folder = FileManager.default.temporaryDirectory
        .appending(path: "cgwarden-test-trusted-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    }

    private func file(_ name: String, _ text: String, mode: Int = 0o644) throws -> String {
        let path = folder.appending(path: name).path()
        try Data(text.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    private func refusal(_ path: String, most: Int = 100) -> String {
        do throws(TrustedFile.Refusal) {
            _ = try TrustedFile.contents(of: path, most: most)
            return "read"
        } catch { return error.reason }
    }

    @Test func fileWritableOnlyByItsOwnerIsRead() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        for mode in [0o644, 0o600, 0o444] {
            let path = try file("a", "text", mode: mode)
            #expect(try TrustedFile.contents(of: path, most: 4) == Array("text".utf8))
        }
        #expect(refusal(try file("b", "texts"), most: 4) == "is larger than 4 bytes (5); split it")
    }

    @Test func fileWritableByOthersIsRefused() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        for mode in [0o664, 0o646, 0o666] {
            let path = try file("a", "x", mode: mode)
            #expect(refusal(path) == "can be written by others; run chmod go-w on it")
        }
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o777], ofItemAtPath: folder.path())
        #expect(throws: TrustedFile.Refusal.self) { try TrustedFile.names(in: folder.path()) }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a file away"))
    func fileOfAnotherUserIsRefused() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = try file("a", "x")
        try FileManager.default.setAttributes(
            [.ownerAccountID: 65534, .groupOwnerAccountID: 65534], ofItemAtPath: path)
        #expect(
            refusal(path) == "is owned by user 65534, who could change it; run chown root on it")
    }

    @Test func onlyRegularFilesAreRead() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let pipe = folder.appending(path: "pipe").path()
        let result = unsafe mkfifo(pipe, 0o600)
        #expect(result == 0)
        #expect(refusal(pipe) == "is not a regular file")
        #expect(refusal(folder.path()) == "is not a regular file")
        #expect(refusal("/dev/zero") != "read")
        #expect(refusal(pipe + "x") == "cannot be opened: No such file or directory")
    }

    @Test func namesAreInByteOrder() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["b", "B", "10", "9", "z"] { _ = try file(name, "") }
        try FileManager.default.createDirectory(
            at: folder.appending(path: "d"), withIntermediateDirectories: false)
        let names = try #require(try TrustedFile.names(in: folder.path()))
        #expect(names.map { String(decoding: $0, as: UTF8.self) } == ["10", "9", "B", "b", "z"])
        #expect(try TrustedFile.names(in: try file("f", "")) == nil)
    }
}
