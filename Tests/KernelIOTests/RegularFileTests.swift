import CLinux
import Foundation
import Glibc
import KernelIO
import Synchronization
import TestSupport
import Testing

/// A file that is not regular is detected without opening it.
@Suite struct RegularFileTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func refusal(_ path: String, _ links: LinkRule = .any) -> String? {
        do throws(FileRefusal) {
            _ = try RegularFile(path, links: links).contents(most: 100)
            return nil
        } catch { return error.description }
    }

    /// Opening one end of a pipe unblocks the process at the other end.
    @Test func pipeIsRefusedWithoutOpeningIt() throws {
        let pipe = folder.path("pipe")
        #expect(unsafe mkfifo(pipe, 0o600) == 0)
        let hasPassed = Flag()
        let isOurs = Flag()
        let wasOurs = Flag()
        Thread.detachNewThread {
            let writer = unsafe open(pipe, O_WRONLY | O_CLOEXEC)
            if isOurs.value { wasOurs.raise() }
            close(writer)
            hasPassed.raise()
        }
        // Until the other one waits.
        Thread.sleep(forTimeInterval: 0.05)
        for rule in [LinkRule.refused, .trusted, .any] {
            #expect(refusal(pipe, rule) == "cannot use \(pipe): it is not a regular file")
        }
        Thread.sleep(forTimeInterval: 0.05)
        isOurs.raise()
        let reader = unsafe open(pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        try awaiting("the writer goes on") { hasPassed.value }
        close(reader)
        #expect(wasOurs.value)
    }

    @Test(arguments: ["/dev/null", "/dev/zero", "/proc/self/fd", "/"])
    func devicesAndDirectoriesAreRefused(_ path: String) {
        #expect(refusal(path)?.hasSuffix("it is not a regular file") == true)
    }

    @Test func missingFileIsReported() {
        #expect(
            refusal(folder.path("none"))
                == "cannot open \(folder.path("none")): No such file or directory")
    }

    @Test func linksAreFollowedAccordingToTheRule() throws {
        try folder.write("file", "text")
        try folder.link("link", to: "file")
        try folder.makeFolder("sub")
        try folder.link("sub/up", to: "../link")
        try folder.link("loop", to: "loop")
        for name in ["link", "sub/up"] {
            let path = folder.path(name)
            #expect(refusal(path, .any) == nil)
            #expect(refusal(path, .trusted) == nil)
            #expect(refusal(path, .refused)?.hasSuffix("Too many levels of symbolic links") == true)
        }
        #expect(refusal(folder.path("loop"), .trusted)?.contains("Too many levels") == true)
        #expect(refusal(folder.path("file"), .refused) == nil)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a link away"))
    func linkOfAnotherUserIsNotTrusted() throws {
        try folder.write("file", "text")
        try folder.link("link", to: folder.path("file"))
        #expect(unsafe lchown(folder.path("link"), 65534, 65534) == 0)
        let path = folder.path("link")
        #expect(refusal(path, .any) == nil)
        #expect(
            refusal(path, .trusted)
                == "cannot use \(path): it is reached through a symbolic link that user 65534 owns "
                + "and could change; give the path without the link")
        // A link of root's that leads through it.
        try folder.link("two", to: "link")
        #expect(refusal(folder.path("two"), .trusted)?.contains("user 65534") == true)
    }

    @Test func fileBeyondTheSizeLimitIsRefused() throws {
        try folder.write("file", String(repeating: "x", count: 101))
        #expect(refusal(folder.path("file"))?.contains("is larger than 100 bytes (101)") == true)
        try folder.write("file", String(repeating: "x", count: 100))
        #expect(refusal(folder.path("file")) == nil)
    }

    /// Kernels before 5.6 and some sandboxes have no openat2(2).
    @Test func lookupWithoutOpenat2MatchesOpenat2() throws {
        try folder.makeFolder("a")
        try folder.write("a/file", "text")
        try folder.link("a/link", to: "file")
        try folder.link("b", to: "a")
        let long = String(repeating: "x", count: 300)
        let names = [
            "a/file", "a//file", "a/./file", "a/../a/file", "a/link", "b/file", "b", "a/none",
            "a/file/x", "none/x", long, "", ".", "..", "/", "a/",
        ]
        for name in names {
            let path = name == "/" ? "/" : folder.path(name)
            let once = unsafe cgw_find_without_links(AT_FDCWD, path)
            let onceCode = errno
            var stranger: Int64 = 0
            let steps = unsafe cgw_find_by_steps(AT_FDCWD, path, 0, &stranger)
            let stepsCode = errno
            #expect((once < 0) == (steps < 0), "\(name)")
            if once < 0 {
                #expect(onceCode == stepsCode, "\(name)")
            } else {
                #expect(cgw_inode(once) == cgw_inode(steps), "\(name)")
                close(once)
                close(steps)
            }
        }
    }

    private final class Flag: Sendable {
        private let state = Atomic(false)
        var value: Bool { state.load(ordering: .sequentiallyConsistent) }
        func raise() { state.store(true, ordering: .sequentiallyConsistent) }
    }
}
