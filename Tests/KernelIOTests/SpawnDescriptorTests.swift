import CLinux
import Foundation
import Glibc
import KernelIO
import Testing

/// Programs get the descriptors that they are to have, and none that this process happens to hold.
@Suite struct SpawnDescriptorTests {
    private let file = NSTemporaryDirectory() + "cgwarden-test-\(UUID().uuidString)"
    /// Without FD_CLOEXEC, as a library may open them.
    private let sockets = (0..<3).map { _ in socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }

    /// The descriptors of the shell, without its own listing.
    private var script: String {
        "exec >\(file).part; for one in /proc/$$/fd/*; do test -e $one && echo ${one##*/}; done; "
            + "mv \(file).part \(file)"
    }

    private func finish() throws -> [String] {
        defer {
            for one in sockets { close(one) }
            try? FileManager.default.removeItem(atPath: file)
        }
        let isThere = Deadline(after: .seconds(30)).wait {
            (try? String(contentsOfFile: file, encoding: .utf8))?.isEmpty == false
        }
        #expect(isThere)
        return try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
            .map(String.init).sorted()
    }

    private func wait(for child: borrowing ChildProcess) {
        var end: ProcessEnd?
        _ = Deadline(after: .seconds(30)).wait { () throws(Never) in
            end = child.end()
            return end != nil
        }
        #expect(end == .exited(0))
    }

    @Test(arguments: [[], ["pid", "mnt"]])
    func childHasThreeDescriptors(namespaces: [String]) throws {
        let flags = namespaces.compactMap { NamespaceFlags(named: $0) }
            .reduce(into: NamespaceFlags()) { $0.formUnion($1) }
        guard flags.isEmpty || geteuid() == 0 else { try Test.cancel("needs root") }
        let child = try ChildProcess.start(
            ["sh", "-c", script], in: nil, joining: [], namespaces: flags)
        wait(for: child)
        #expect(try finish() == ["0", "1", "2"])
    }

    @Test func heldProcessHasThreeDescriptors() throws {
        let held = try HeldProcess.start(["sh", "-c", script], namespaces: [])
        let child = try held.release()
        wait(for: child)
        #expect(try finish() == ["0", "1", "2"])
    }

    @Test func detachedProcessHasThreeDescriptors() throws {
        let apart = try ApartProcess.start(
            ["/bin/sh", "-c", script], environment: ["PATH=/usr/bin:/bin"], account: nil, in: nil,
            joining: [])
        wait(for: apart.child)
        #expect(try finish() == ["0", "1", "2"])
    }

    @Test func helperAlsoHasItsDirectory() throws {
        let process = try DetachedProcess.start(
            "/bin/sh", ["sh", "-c", "\(script); read end"],
            directory: OwnedDescriptor.directory(Array("/".utf8)))
        #expect(try finish() == ["0", "1", "2", "3"])
        _ = consume process
    }

    /// Descriptors inherited by this process may be inherited; those that it opened may not.
    @Test func onlyDescriptorsWithoutCloseOnExecAreInherited() throws {
        let own = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(own) }
        let child = try ChildProcess.start(
            ["sh", "-c", script], in: nil, joining: [], namespaces: [], passing: [sockets[1], own])
        wait(for: child)
        #expect(try finish() == ["0", "1", "2", "\(sockets[1])"].sorted())
    }

    /// Before Linux 5.11 they are found one by one.
    @Test func descriptorsAreClosedWithoutCloseRange() throws {
        defer { for one in sockets { close(one) } }
        let first = fcntl(sockets[0], F_DUPFD, 3000)
        let second = fcntl(sockets[1], F_DUPFD, 3000)
        guard first >= 3000, second > first else { try Test.cancel("too few descriptors") }
        cgw_seal_listed_descriptors(3000, 0)
        #expect(fcntl(first, F_GETFD) == FD_CLOEXEC && fcntl(second, F_GETFD) == FD_CLOEXEC)
        #expect(fcntl(sockets[0], F_GETFD) == 0)
        cgw_seal_listed_descriptors(3000, 1)
        #expect(fcntl(first, F_GETFD) == -1 && fcntl(second, F_GETFD) == -1)
    }
}
