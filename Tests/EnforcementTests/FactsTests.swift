import Actuation
import CgroupModel
import Configuration
import Foundation
import Glibc
import Hierarchy
import KernelIO
import Policy
import PolicyLanguage
import Synchronization
import Testing
import TestSupport

@testable import Enforcement

@Suite struct UnitLookupTests {
    private let machine: FakeMachine

    init() throws { machine = try FakeMachine(["": "cgroup2"]) }

    @Test(arguments: [
        ("/system.slice/dbus.service", "dbus.service"),
        ("/system.slice/dbus.service/worker", "dbus.service"),
        ("/system.slice/a\\x2db.service", "a\\x2db.service"),
        ("/system.slice/_cgroup.service", "cgroup.service"),
        ("/user.slice", "user.slice"), ("/build/job", nil), ("/", nil), ("/x/.slice", nil),
    ])
    func pathDeterminesTheUnitWithoutSystemd(_ path: String, _ unit: String?) {
        let lookup = UnitLookup(set: machine.set, connections: nil)
        #expect(lookup.unit(of: Self.entry(path)) == unit)
        #expect(lookup.isSettled(Self.entry(path)))
    }

    private static func entry(_ path: String) -> CgroupEntry {
        CgroupEntry(
            path: CgroupPath(path), id: CgroupID(inode: 7, generation: 1), parent: nil,
            controllers: [], row: RowLocation(block: 0, row: 0))
    }

    private func lookup(_ bus: any BusConnection) -> UnitLookup {
        UnitLookup(set: machine.set, connections: SystemdConnections { Systemd($0, over: bus) })
    }

    @Test func unresponsiveSystemdIsQueriedRarely() {
        let bus = CountingBus(.timedOut(seconds: 5))
        let lookup = lookup(bus)
        for _ in 0..<10 {
            #expect(lookup.unit(of: Self.entry("/system.slice/a.service")) == "a.service")
            lookup.settle(within: .seconds(60))
        }
        #expect(bus.count == 1)
    }

    /// Every tick would be late.
    @Test(.timeLimit(.minutes(5))) func hungSystemdIsNotWaitedFor() {
        let bus = HangingBus()
        let lookup = lookup(bus)
        for _ in 0..<10 {
            #expect(lookup.unit(of: Self.entry("/system.slice/a.service")) == "a.service")
            #expect(!lookup.isSettled(Self.entry("/system.slice/a.service")))
        }
        bus.end()
    }

    @Test func cgroupUnknownToSystemdIsNotAUnit() {
        let lookup = lookup(
            CountingBus(.refused(name: "org.freedesktop.systemd1.NoSuchUnit", message: "no")))
        _ = lookup.unit(of: Self.entry("/fake.service"))
        lookup.settle(within: .seconds(60))
        #expect(lookup.unit(of: Self.entry("/fake.service")) == nil)
        #expect(lookup.isSettled(Self.entry("/fake.service")))
    }
}

/// Does not answer before the test is over.
private final class HangingBus: BusConnection {
    private let isOver = Atomic(false)

    func end() { isOver.store(true, ordering: .relaxed) }

    func call(_ call: BusCall) throws(BusError) -> [BusValue] {
        while !isOver.load(ordering: .relaxed) { Pause.sleep(.milliseconds(1)) }
        throw .timedOut(seconds: 5)
    }
}

private final class CountingBus: BusConnection {
    private let failure: BusError
    private let calls = Counter()

    init(_ failure: BusError) { self.failure = failure }
    var count: UInt64 { calls.value }

    func call(_ call: BusCall) throws(BusError) -> [BusValue] {
        calls.increment()
        throw failure
    }
}

@Suite struct KernelFactsTests {
    private let machine: FakeMachine
    private let entry: CgroupEntry

    init() throws {
        machine = try FakeMachine()
        try machine.usual()
        entry = try Self.entry("/a", in: machine.set)
    }

    private static func entry(_ path: String, in set: HierarchySet) throws -> CgroupEntry {
        let target = try Effect.Target.now(path, in: set)
        return CgroupEntry(
            path: target.path, id: target.cgroup, parent: nil, controllers: [],
            row: RowLocation(block: 0, row: 0))
    }

    private func facts(_ policy: PolicyDocument = PolicyDocument()) -> KernelFacts {
        KernelFacts(
            set: machine.set, policy: policy,
            holds: HoldList(directory: "\(machine.root)/state"), connections: nil,
            identities: Identities(machine.set))
    }

    /// The command names once they were looked for.
    private func commands(_ facts: KernelFacts, _ other: CgroupEntry? = nil) -> Set<String> {
        let cgroup = other ?? entry
        var policy = PolicyDocument()
        var group = CgroupGroup(
            name: "g", position: ConfigPosition(file: "p", line: 1, column: 1))
        group.command = TextPattern("*")
        policy.groups = [group]
        facts.settle([cgroup], for: policy, within: .seconds(60))
        #expect(facts.isSettled(cgroup))
        return facts.commands(of: cgroup)
    }

    @Test func membersOwnerAndHoldAreRead() throws {
        try machine.file("proc/12/comm", "postgres\n")
        try machine.file("proc/13/comm", "sh\n")
        try machine.cgroup("/a", in: "pids", ["cgroup.procs": "12\n13\n14"])
        let facts = facts()
        #expect(facts.mode == .v1)
        #expect(commands(facts) == ["postgres", "sh"])
        #expect(facts.owner(of: entry) == geteuid())
        #expect(facts.hold(on: entry) == nil)
        _ = try HoldList(directory: "\(machine.root)/state").hold(entry.path, for: .seconds(60))
        #expect(self.facts().hold(on: entry) == "held by an operator (/a)")
    }

    @Test func factsAreCachedByIdentity() throws {
        try machine.file("proc/12/comm", "postgres\n")
        try machine.cgroup("/a", in: "pids", ["cgroup.procs": "12"])
        let facts = facts()
        #expect(commands(facts) == ["postgres"])
        try machine.cgroup("/a", in: "pids", ["cgroup.procs": ""])
        #expect(facts.commands(of: entry) == ["postgres"])
        // Another one at the path has nothing to do with it, and the old one has nobody any more.
        let place = "\(machine.root)/cgroup/memory/a"
        try FileManager.default.moveItem(atPath: place, toPath: "\(place)-old")
        try machine.usual()
        #expect(commands(facts, try Self.entry("/a", in: machine.set)).isEmpty)
        #expect(commands(self.facts()).isEmpty)
    }

    @Test func diskByNumberNeedsNoLookup() {
        let facts = facts()
        #expect(facts.device(named: "254:0") == InstanceKey(major: 254, minor: 0))
        #expect(facts.device(named: "no-such-disk") == nil)
    }

    @Test func protectedCgroupsAreRefused() throws {
        var policy = PolicyDocument()
        policy.protection.spared = [try #require(PathPattern("/a/vital"))]
        try machine.usual("/a/vital")
        let facts = facts(policy)
        #expect(facts.refusal(of: .freeze, on: entry)?.contains("protects /a/vital") == true)
        #expect(self.facts().refusal(of: .freeze, on: entry) == nil)
        for action in DisruptiveAction.allCases {
            let root = CgroupEntry(
                path: .root, id: CgroupID(inode: 1, generation: 1), parent: nil, controllers: [],
                row: RowLocation(block: 0, row: 0))
            #expect(facts.refusal(of: action, on: root) != nil)
        }
    }
}

@Suite(.enabled(if: RealCgroups.usable, "needs root and a mounted cgroup tree"))
struct KernelAttributeTests {
    private func set(_ name: String, _ value: String, on path: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "python3", "-c",
            "import os,sys; os.setxattr(sys.argv[1], sys.argv[2], sys.argv[3].encode())",
            path, name, value,
        ]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3"), "needs python3"))
    func onlyTrustedAttributesAreRead() throws {
        let scratch = try ScratchHierarchy()
        let first = scratch.set.byIdentity[0]
        let path = scratch.directory(scratch.set.hierarchies[first], []).pathText
        try set("user.cgwarden.class", "batch", on: path)
        try set("trusted.class", "batch", on: path)
        try set("user.other", "x", on: path)
        let target = try Effect.Target.now("\(scratch.path)", in: scratch.set)
        let entry = CgroupEntry(
            path: target.path, id: target.cgroup, parent: nil, controllers: [],
            row: RowLocation(block: 0, row: 0))
        func facts() -> KernelFacts {
            KernelFacts(
                set: scratch.set, policy: PolicyDocument(), holds: nil, connections: nil,
                identities: Identities(scratch.set))
        }
        #expect(facts().attribute("user.cgwarden.class", of: entry) == "batch")
        #expect(facts().attribute("trusted.class", of: entry) == "batch")
        #expect(facts().attribute("user.other", of: entry) == nil)
        #expect(facts().attribute("trusted.none", of: entry) == nil)
        // A user can set attributes of a directory that it owns.
        let changed = unsafe chown(path, 65534, 65534)
        #expect(changed == 0)
        #expect(facts().attribute("user.cgwarden.class", of: entry) == nil)
        #expect(facts().attribute("trusted.class", of: entry) == "batch")
        #expect(facts().owner(of: entry) == 65534)
    }
}
