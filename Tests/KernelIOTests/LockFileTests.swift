import CgroupModel
import Foundation
import Glibc
import KernelIO
import Testing

/// Locks that no other user can take.
@Suite final class LockFileTests {
    private let state = NSTemporaryDirectory() + "cgwarden-test-\(UUID().uuidString)"
    private var folder: LockFolder { LockFolder("\(state)/locks") }

    deinit { try? FileManager.default.removeItem(atPath: state) }

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    private func error(locking name: String, within time: Duration = .zero) -> IOError? {
        do throws(IOError) {
            _ = try folder.lock(name, within: time)
            return nil
        } catch {
            return error
        }
    }

    private func isFree(_ name: String) -> Bool {
        guard let lock = folder.lockIfFree(name) else { return false }
        _ = consume lock
        return true
    }

    @Test func lockIsExclusive() throws {
        let lock = try folder.lock("one", within: .zero)
        #expect(try mode("\(state)/locks") == 0o700)
        #expect(try mode("\(state)/locks/one") == 0o600)
        _ = consume lock
    }

    @Test func lockIsReleasedWithItsValue() throws {
        let lock = try folder.lock("one", within: .zero)
        #expect(error(locking: "one", within: .milliseconds(20))?.isBusy == true)
        #expect(!isFree("one"))
        _ = consume lock
        // A program that another test starts now has the descriptor until it executes.
        #expect(error(locking: "one", within: .seconds(10)) == nil)
    }

    @Test func appendedTextIsReadableByTheSameUser() throws {
        let lock = try folder.lock("one", within: .zero)
        try lock.append(Array("a\n".utf8))
        try lock.append(Array("b\n".utf8))
        #expect(folder.contents(of: "one") == Array("a\nb\n".utf8))
        #expect(folder.names == ["one"])
        lock.remove()
        #expect(folder.names == [])
        #expect(folder.contents(of: "one") == nil)
        // A new file under the name is another lock.
        let next = try folder.lock("one", within: .zero)
        #expect(try next.contents() == [])
    }

    @Test func directoryWritableByOthersIsNotUsed() throws {
        _ = try folder.lock("one", within: .zero)
        #expect(unsafe chmod("\(state)/locks", 0o777) == 0)
        #expect(error(locking: "two")?.isPermission == true)
        #expect(folder.names == [])
        #expect(!isFree("one"))
    }

    @Test(.enabled(if: geteuid() == 0, "needs root to give a folder away"))
    func directoryOfAnotherUserIsNotUsed() throws {
        _ = try folder.lock("one", within: .zero)
        #expect(unsafe chown("\(state)/locks", 65534, 65534) == 0)
        #expect(error(locking: "two")?.isPermission == true)
    }

    @Test func symbolicLinkIsNotFollowed() throws {
        _ = try folder.lock("one", within: .zero)
        #expect(unsafe symlink("/dev/null", "\(state)/locks/link") == 0)
        #expect(error(locking: "link") != nil)
        #expect(unsafe rename("\(state)/locks", "\(state)/real") == 0)
        #expect(unsafe symlink("\(state)/real", "\(state)/locks") == 0)
        #expect(error(locking: "two") != nil)
    }

    /// Opening a pipe does not block.
    @Test func pipeIsNotUsedAsALockFile() throws {
        _ = try folder.lock("one", within: .zero)
        #expect(unsafe mkfifo("\(state)/locks/pipe", 0o600) == 0)
        #expect(error(locking: "pipe") != nil)
        #expect(folder.contents(of: "pipe") == nil)
    }
}
