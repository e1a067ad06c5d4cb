import CgroupModel
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Hierarchy

/// State files of containers that hostile users control.
@Suite(.enabled(if: geteuid() == 0, "only root can give a file to another user"))
struct HostileStateTests {
    private let tree: RuntimeTree
    private let time = SettableTime()
    private let gatherer: FactGatherer
    private let identities: Identities
    private static let user: UInt32 = 1000
    private static let other: UInt32 = 1001

    init() throws {
        let tree = try RuntimeTree()
        let time = time
        self.tree = tree
        gatherer = FactGatherer("cgw-test", .steady) { time.now }
        identities = Identities(tree.system, gatherer) { _ in nil }
        try tree.file(
            "/etc/passwd",
            """
            root:x:0:0:root:/root:/bin/sh
            ana:x:1000:1000::/home/ana:/bin/sh
            bob:x:1001:1001::/home/bob:/bin/sh

            """)
    }

    private static func directory(_ user: UInt32) -> String {
        "/user.slice/user-\(user).slice/user@\(user).service/user.slice"
    }

    private static func scope(_ number: Int, user: UInt32 = user) -> CgroupEntry {
        let digits = String(number, radix: 16)
        let id = String(repeating: "0", count: 64 - digits.count) + digits
        return RuntimeTree.entry(
            "\(directory(user))/libpod-\(id).scope", inode: UInt64(number) << 16 | UInt64(user))
    }

    private static let files: [String] = ["overlay", "vfs", "btrfs", "zfs"].flatMap { driver in
        ["containers.json", "volatile-containers.json"].map { "\(driver)-containers/\($0)" }
    }

    private static func storage(_ user: UInt32) -> [String] {
        let home = user == 1000 ? "/home/ana" : "/home/bob"
        return ["/run/user/\(user)/containers", "\(home)/.local/share/containers/storage"]
    }

    /// A file that is invalid JSON until its end.
    private func fill(_ path: String, _ bytes: Int) throws {
        try tree.file(
            path, "[" + String(repeating: " ", count: bytes - 1), user: Self.user)
    }

    /// The names after a sweep that asks for all of them.
    private func sweep(_ cgroups: [CgroupEntry]) -> [String?] {
        for cgroup in cgroups { _ = identities.identity(of: cgroup, at: time.now) }
        #expect(gatherer.waitUntilIdle(within: .seconds(120)))
        return cgroups.map { identities.identity(of: $0, at: time.now).container }
    }

    @Test func oversizedFilesOfAUserAreNotRead() throws {
        for file in Self.files { try fill("\(Self.storage(Self.user)[0])/\(file)", 15 << 20) }
        let cgroups = (1...1000).map { Self.scope($0) }
        #expect(sweep(cgroups).allSatisfy { $0 == nil })
        // The cost of checking whether they exist.
        #expect(gatherer.bytesSpent(on: Self.user) <= 2 << 20)
    }

    @Test func sweepStaysWithinTheByteBudgetOfAUser() throws {
        for root in Self.storage(Self.user) {
            for file in Self.files { try fill("\(root)/\(file)", 500 << 10) }
        }
        try tree.docker(name: "web")
        let web = RuntimeTree.entry("/docker/\(RuntimeTree.id)", inode: 1)
        let names = sweep((1...2000).map { Self.scope($0) } + [web])
        #expect(names.last == "web")
        // Of 8 MB; the last look overdraws it by less than what one may read.
        #expect(gatherer.bytesSpent(on: Self.user) < 3 << 20)
        let before = gatherer.bytesSpent(on: Self.user)
        time.advance(1_000_000_000)
        _ = sweep((1...2000).map { Self.scope($0) })
        #expect(gatherer.bytesSpent(on: Self.user) - before < 3 << 20)
    }

    /// The last of 16 full files has the name: it comes when all before it were read once.
    @Test func longListIsReadInPartsEachOnce() throws {
        let all = Self.storage(Self.user).flatMap { root in Self.files.map { "\(root)/\($0)" } }
        for file in all.dropLast() { try fill(file, 500 << 10) }
        let scope = Self.scope(7)
        let id = try #require(CgroupIdentity(scope.path).containerID)
        try tree.storage(try #require(all.last), [(id, "late", "i:1")], user: Self.user)
        var seconds = 0
        while sweep([scope]) == [nil], seconds < 60 {
            #expect(!identities.isSettled(scope))
            time.advance(1_000_000_000)
            seconds += 1
        }
        #expect(sweep([scope]) == ["late"])
        #expect((4...30).contains(seconds), "\(seconds)")
        #expect(gatherer.bytesSpent(on: Self.user) < 16 * (500 << 10) + (1 << 20))
    }

    @Test func onlyChangedFilesAreParsedAgain() throws {
        let file = "\(Self.storage(Self.user)[0])/overlay-containers/containers.json"
        let cgroups = (1...3).map { Self.scope($0) }
        let ids = cgroups.map { CgroupIdentity($0.path).containerID ?? "" }
        let padding = String(repeating: "x", count: 100_000)
        func write(_ name: String) throws {
            try tree.storage(
                file, [(ids[0], name, "i"), (ids[1], name, "i"), (RuntimeTree.id, padding, "i")],
                user: Self.user)
        }
        try write("one")
        #expect(sweep(cgroups) == ["one", "one", nil])
        let once = gatherer.bytesSpent(on: Self.user)
        // The name is in it twice.
        #expect((200_000..<250_000).contains(once), "\(once)")
        // The third is looked for again after a second, in the same file.
        time.advance(1_000_000_000)
        #expect(sweep(cgroups) == ["one", "one", nil])
        #expect(gatherer.bytesSpent(on: Self.user) - once < 20_000)
        try write("two")
        time.advance(600_000_000_000)
        #expect(sweep(cgroups) == ["two", "two", nil])
    }

    @Test func malformedFileIsParsedOnce() throws {
        try fill("\(Self.storage(Self.user)[0])/overlay-containers/containers.json", 400 << 10)
        for second in 0..<6 {
            time.set(UInt64(2000 + second * 100) * 1_000_000_000)
            #expect(sweep((1...10).map { Self.scope($0 + second * 10) }).allSatisfy { $0 == nil })
        }
        #expect(gatherer.bytesSpent(on: Self.user) < 700 << 10)
    }

    @Test(arguments: ["fifo", "link", "folder", "others"])
    func filesOfOtherUsersAreNotRead(_ kind: String) throws {
        let file = "\(Self.storage(Self.user)[0])/overlay-containers/containers.json"
        let id = try #require(CgroupIdentity(Self.scope(1).path).containerID)
        let secret = "/srv/secret.json"
        // Even one that the user owns.
        try tree.storage(secret, [(id, "secret", "i")], user: Self.user)
        try tree.file("\(file).d", "")
        switch kind {
        case "fifo": #expect(unsafe mkfifo(tree.root + file, 0o600) == 0)
        case "link":
            try FileManager.default.createSymbolicLink(
                atPath: tree.root + file, withDestinationPath: tree.root + secret)
        case "folder":
            // A link in the middle of the path.
            let folder = "\(Self.storage(Self.user)[0])/overlay-containers"
            try FileManager.default.removeItem(atPath: tree.root + folder)
            try tree.storage("/srv/there/containers.json", [(id, "secret", "i")], user: Self.user)
            try FileManager.default.createSymbolicLink(
                atPath: tree.root + folder, withDestinationPath: "\(tree.root)/srv/there")
        default: try tree.storage(file, [(id, "secret", "i")], user: Self.other)
        }
        #expect(sweep([Self.scope(1)]) == [nil])
        #expect(identities.isSettled(Self.scope(1)))
    }

    /// The administrator's, not the user's.
    @Test func symbolicLinkAboveTheHomeIsFollowed() throws {
        let id = try #require(CgroupIdentity(Self.scope(1).path).containerID)
        try tree.storage(
            "/var/home/ana/.local/share/containers/storage/overlay-containers/containers.json",
            [(id, "web", "i")], user: Self.user)
        try FileManager.default.createSymbolicLink(
            atPath: "\(tree.root)/home", withDestinationPath: "var/home")
        #expect(sweep([Self.scope(1)]) == ["web"])
    }

    @Test func labelsAreBounded() throws {
        let labels = (1...5000).map { "\"label-\($0)\":\"value-\($0)\"" }.joined(separator: ",")
        try tree.docker(
            name: "web", labels: "{\(labels)}", root: "/home/ana/.local/share/docker",
            user: Self.user)
        let scope = RuntimeTree.entry(
            "\(Self.directory(Self.user))/docker-\(RuntimeTree.id).scope", inode: 3)
        #expect(sweep([scope]) == ["web"])
        let kept = identities.identity(of: scope, at: time.now).labels
        #expect(!kept.isEmpty)
        #expect(kept.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count } <= 1 << 13)
    }

    /// A service's user may make a cgroup of any name below it, also that of root's container.
    @Test(arguments: ["", "/user@1001.service"])
    func containerBelowAUsersDirectoryIsLookedUpAmongThatUsers(_ below: String) throws {
        try tree.docker(name: "roots")
        try tree.docker(name: "bobs", root: "/home/bob/.local/share/docker", user: Self.other)
        try tree.docker(
            RuntimeTree.other, name: "anas", root: "/home/ana/.local/share/docker",
            user: Self.user)
        let delegated = Identities(tree.system, gatherer) {
            $0.description.hasPrefix("/system.slice/job.service") ? Self.user : 0
        }
        let cgroups = [RuntimeTree.id, RuntimeTree.other].map { id in
            RuntimeTree.entry(
                "/system.slice/job.service\(below)/docker-\(id).scope",
                inode: id == RuntimeTree.id ? 1 : 2)
        }
        for cgroup in cgroups { _ = delegated.identity(of: cgroup, at: time.now) }
        #expect(gatherer.waitUntilIdle(within: .seconds(60)))
        let names = cgroups.map { delegated.identity(of: $0, at: time.now).container }
        #expect(names == [nil, "anas"])
    }
}
