import CgroupModel
import Foundation
import TestSupport
import Testing

@testable import Hierarchy

/// When the runtimes' files are looked into.
@Suite struct IdentitiesTests {
    private let tree: RuntimeTree
    private static let second: UInt64 = 1_000_000_000
    private static let path = "/docker/\(RuntimeTree.id)"

    init() throws { tree = try RuntimeTree() }

    private func name(_ identities: Identities, at time: Double, inode: UInt64 = 7) -> String? {
        // The clock of the machine does not begin with the test.
        let now = UInt64((1000 + time) * 1e9)
        return identities.identity(
            of: RuntimeTree.entry(Self.path, inode: inode), at: now
        ).container
    }

    @Test func whatIsNotThereYetIsLookedForAgain() throws {
        let identities = Identities(tree.system)
        #expect(name(identities, at: 0) == nil)
        try tree.docker(name: "web")
        // The answer of a moment ago still holds.
        #expect(name(identities, at: 0.5) == nil)
        #expect(name(identities, at: 1) == "web")
    }

    /// The waits double up to ten minutes.
    @Test func lessAndLessOften() throws {
        let identities = Identities(tree.system)
        // Looks are at 0, 1, 3, 7, 15, …: one at 7, none before 15.
        for time in [0.0, 1, 3, 7] { #expect(name(identities, at: time) == nil) }
        try tree.docker(name: "web")
        #expect(name(identities, at: 14.9) == nil)
        #expect(name(identities, at: 15) == "web")
    }

    @Test func aRenamedContainerIsKnownTenMinutesLater() throws {
        try tree.docker(name: "web")
        let identities = Identities(tree.system)
        #expect(name(identities, at: 0) == "web")
        try tree.docker(name: "shop")
        #expect(name(identities, at: 599) == "web")
        #expect(name(identities, at: 600) == "shop")
        // docker removes its file before the cgroup has gone.
        try FileManager.default.removeItem(atPath: "\(tree.root)/var/lib/docker")
        #expect(name(identities, at: 1200) == "shop")
    }

    @Test func anotherCgroupAtThePathIsAnother() throws {
        let identities = Identities(tree.system)
        for time in [0.0, 1] { #expect(name(identities, at: time) == nil) }
        try tree.docker(name: "web")
        #expect(name(identities, at: 2) == nil)
        #expect(name(identities, at: 2, inode: 8) == "web")
    }

    @Test func noMoreThanSoManyASecond() throws {
        for number in 0..<10 {
            try tree.docker(
                String(repeating: "\(number)", count: 64), name: "c\(number)")
        }
        let identities = Identities(tree.system, looksPerSecond: 4)
        func named(at time: UInt64) -> Int {
            (0..<10).filter { number in
                let id = String(repeating: "\(number)", count: 64)
                return identities.identity(
                    of: RuntimeTree.entry("/docker/\(id)", inode: UInt64(number + 1)),
                    at: (1000 + time) * Self.second
                ).container == "c\(number)"
            }.count
        }
        #expect(named(at: 0) == 4)
        #expect(named(at: 0) == 4)
        #expect(named(at: 1) == 8)
        #expect(named(at: 2) == 10)
    }

    /// A thousand containers and as many units are asked for by every tick.
    @Test func askingAgainReadsNothing() throws {
        try tree.docker(name: "web")
        let identities = Identities.all(tree.system)
        let cgroups = (1...2000).map { number in
            RuntimeTree.entry(
                number % 2 == 0 ? Self.path : "/system.slice/unit-\(number).service",
                inode: UInt64(number))
        }
        let before = cgroups.map { identities.identity(of: $0) }
        try FileManager.default.removeItem(atPath: tree.root)
        #expect(cgroups.map { identities.identity(of: $0) } == before)
        #expect(before.count { $0.container == "web" } == 1000)
    }
}
