import CgroupModel
import Foundation
import TestSupport
import Testing

@testable import Hierarchy

/// When the runtimes' files are looked into, by a clock of the test's own.
@Suite struct IdentitiesTests {
    private let tree: RuntimeTree
    private let time = SettableTime()
    private let gatherer: FactGatherer
    private let identities: Identities
    private static let path = "/docker/\(RuntimeTree.id)"

    init() throws {
        let tree = try RuntimeTree()
        let time = time
        self.tree = tree
        gatherer = FactGatherer("cgw-test", .steady) { time.now }
        identities = Identities(tree.system, gatherer) { _ in nil }
    }

    /// The facts after a lookup.
    private func name(at seconds: Double, inode: UInt64 = 7) -> String? {
        // The clock of the machine does not begin with the test.
        time.set(UInt64((1000 + seconds) * 1e9))
        let entry = RuntimeTree.entry(Self.path, inode: inode)
        _ = identities.identity(of: entry, at: time.now)
        #expect(gatherer.waitUntilIdle(within: .seconds(60)))
        return identities.identity(of: entry, at: time.now).container
    }

    @Test func missingNameIsLookedUpAgain() throws {
        #expect(name(at: 0) == nil)
        try tree.docker(name: "web")
        // The answer of a moment ago still holds.
        #expect(name(at: 0.5) == nil)
        #expect(name(at: 1) == "web")
    }

    /// The waits double up to ten minutes.
    @Test func lookupsOfAMissingNameBackOff() throws {
        // Looks are at 0, 1, 3, 7, 15, …: one at 7, none before 15.
        for time in [0.0, 1, 3, 7] { #expect(name(at: time) == nil) }
        try tree.docker(name: "web")
        #expect(name(at: 14.9) == nil)
        #expect(name(at: 15) == "web")
    }

    @Test func renamedContainerIsFoundWithinTenMinutes() throws {
        try tree.docker(name: "web")
        #expect(name(at: 0) == "web")
        try tree.docker(name: "shop")
        #expect(name(at: 599) == "web")
        #expect(name(at: 600) == "shop")
        // docker removes its file before the cgroup has gone.
        try FileManager.default.removeItem(atPath: "\(tree.root)/var/lib/docker")
        #expect(name(at: 1200) == "shop")
    }

    @Test func recreatedCgroupHasANewIdentity() throws {
        for time in [0.0, 1] { #expect(name(at: time) == nil) }
        try tree.docker(name: "web")
        #expect(name(at: 2) == nil)
        #expect(name(at: 2, inode: 8) == "web")
    }

    /// The tick, a scrape and the screen ask, and none of them has time.
    @Test func lookupDoesNotBlock() throws {
        try tree.docker(name: "web")
        let gate = Gate()
        let slow = Identities(tree.system, gatherer) { _ in
            gate.pass()
            return nil
        }
        let entry = RuntimeTree.entry(Self.path)
        for _ in 0..<3 {
            #expect(slow.identity(of: entry, at: time.now).container == nil)
            #expect(!slow.isSettled(entry))
        }
        gate.open()
        #expect(gatherer.waitUntilIdle(within: .seconds(60)))
        #expect(slow.isSettled(entry))
        #expect(slow.identity(of: entry, at: time.now).container == "web")
    }

    /// A thousand containers and as many units are asked for by every tick.
    @Test func cachedNameReadsNoFile() throws {
        try tree.docker(name: "web")
        let cgroups = (1...2000).map { number in
            RuntimeTree.entry(
                number % 2 == 0 ? Self.path : "/system.slice/unit-\(number).service",
                inode: UInt64(number))
        }
        for cgroup in cgroups { _ = identities.identity(of: cgroup, at: time.now) }
        #expect(gatherer.waitUntilIdle(within: .seconds(60)))
        let spent = gatherer.bytesSpent(on: 0)
        try FileManager.default.removeItem(atPath: tree.root)
        for cgroup in cgroups {
            let isContainer = cgroup.id.inode % 2 == 0
            let name = identities.identity(of: cgroup, at: time.now).container
            #expect(name == (isContainer ? "web" : nil))
        }
        #expect(gatherer.bytesSpent(on: 0) == spent)
    }
}
