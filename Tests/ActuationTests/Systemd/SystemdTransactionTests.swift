import CgroupModel
import Foundation
import KernelIO
import Synchronization
import Testing

@testable import Actuation

/// A transaction on a unit that systemd keeps.
@Suite struct SystemdTransactionTests {
    private let tree: CapturedCgroups
    private let journal: UndoJournal

    init() throws {
        tree = try CapturedCgroups(unified: "memory pids cpu")
        _ = try tree.cgroup("/", ["cgroup.procs": ""])
        _ = try tree.cgroup(
            "/web.service",
            [
                "memory.max": "max", "memory.high": "max", "memory.current": "4096",
                "memory.oom.group": "0", "pids.max": "max", "pids.current": "1",
                "cpu.max": "max 100000", "cgroup.procs": "",
            ])
        journal = UndoJournal(directory: tree.place + "/state")
    }

    /// Writes what it is asked for into the files, like systemd.
    private static func obey(_ call: BusCall, _ tree: CapturedCgroups) {
        guard case .array(_, let assignments) = call.arguments.last else { return }
        for case .structure(let fields) in assignments {
            guard let name = fields.first?.text, case .variant(.uint64(let number)) = fields.last
            else { continue }
            let text = number == .max ? "max" : "\(number)"
            switch name {
            case "MemoryMax": tree.write(text, to: "/web.service/memory.max")
            case "MemoryHigh": tree.write(text, to: "/web.service/memory.high")
            case "TasksMax": tree.write(text, to: "/web.service/pids.max")
            case "CPUQuotaPerSecUSec":
                let quota = number == .max ? "max" : "\(number / 10)"
                tree.write("\(quota) 100000", to: "/web.service/cpu.max")
            default: break
            }
        }
    }

    private func files(
        _ act: @escaping @Sendable (BusCall) throws(BusError) -> Void
    ) -> (files: OwnerAwareFiles, bus: StubBus) {
        let machine = StubUnits(units: [.init(name: "web.service", cgroup: "/web.service")])
        let bus = StubBus { call throws(BusError) in
            if let answer = try machine.answer(call) { return answer }
            try act(call)
            return []
        }
        let connections = SystemdConnections { Systemd($0, over: bus) }
        let kernel = KernelControlFiles()
        let files = OwnerAwareFiles(
            probe: OwnershipProbe(connections: connections, isSystemdRunning: true),
            actuator: SystemdActuator(
                connections: connections, files: kernel, deviceFile: { _ in nil }),
            kernel: kernel)
        return (files, bus)
    }

    private func plan(_ wishes: String..., through files: OwnerAwareFiles) throws -> LimitPlan {
        let host = HostFacts(
            memoryBytes: 8 << 30, cpus: RangeList(0..<4), nodes: [0: RangeList(0..<4)])
        let requests = try wishes.flatMap { try LimitRequest.all(parsing: $0, host: host) }
        return try LimitPlanner(ActingContext(tree.set, files: files)).plan(
            requests, on: CgroupPath("/web.service"))
    }

    private func asked(_ bus: StubBus) -> [BusCall] {
        bus.calls.filter { $0.member == "SetUnitProperties" }
    }

    @Test func valuesOfOneUnitAreOneCall() throws {
        let recorded = Mutex<Int?>(nil)
        let (files, bus) = files { [tree, journal] call throws(BusError) in
            recorded.withLock { $0 = try? journal.entries().count }
            Self.obey(call, tree)
        }
        let plan = try plan(
            "memory.max=64MiB", "pids.max=50", "cpu.max=0.5cpus", "memory.oom.group=1",
            through: files)
        let results = LimitTransaction(
            plan, in: ActingContext(tree.set, files: files, journal: journal)
        ).apply()
        for result in results { #expect(result.isSuccess, "\(result.outcome)") }
        #expect(asked(bus).count == 1)
        guard case .array(_, let assignments) = asked(bus)[0].arguments[2] else {
            Issue.record("no properties")
            return
        }
        #expect(assignments.count == 4)
        // All were on record before the call, and are afterwards.
        let count = recorded.withLock { $0 }
        #expect(count == 4)
        #expect(try journal.entries().count == 4)
        #expect(try journal.entries().allSatisfy { $0.readBack != nil })
        let web = try tree.cgroup("/web.service")
        #expect(try web.text("memory.max") == "67108864")
        #expect(try web.text("memory.oom.group") == "1")
    }

    @Test func refusedPropertyLeavesAllUnchanged() throws {
        let (files, bus) = files { _ throws(BusError) in
            throw .refused(name: BusErrorName.invalidArguments, message: "Bad value.")
        }
        let plan = try plan("memory.max=64MiB", "pids.max=50", through: files)
        let results = LimitTransaction(
            plan, in: ActingContext(tree.set, files: files, journal: journal)
        ).apply()
        guard case .failed(let error) = results[0].outcome, case .skipped = results[1].outcome
        else {
            Issue.record("\(results.map(\.outcome))")
            return
        }
        #expect(error.code == .usage)
        #expect(error.message.contains("systemd reports: Bad value"))
        #expect(asked(bus).count == 1)
        #expect(try journal.entries().isEmpty)
    }

    @Test func laterFailureRollsBackTheUnitInReverse() throws {
        let (files, bus) = files { [tree] call throws(BusError) in Self.obey(call, tree) }
        let first = try plan("memory.max=64MiB", "pids.max=50", through: files)
        // The file of another cgroup cannot be written.
        let other = try tree.cgroup("/plain", ["cgroup.procs": ""])
        // It is the last of the narrowing writes.
        let broken = try #require(
            PlannedWrite(
                name: "pids.max", instance: nil, directory: other, cell: ControlCell("pids.max"),
                coding: .number(unlimited: "max"), rawOld: "max", new: .number(5),
                direction: .narrows,
                nesting: .min))
        let plan = LimitPlan(first.writes + [broken])
        let results = LimitTransaction(
            plan, in: ActingContext(tree.set, files: files, journal: journal)
        ).apply()
        let words = results.map { "\($0.outcome)".prefix { $0 != "(" } }
        #expect(words == ["rolledBack", "rolledBack", "failed"])
        let web = try tree.cgroup("/web.service")
        #expect(try web.text("memory.max") == "max")
        #expect(try web.text("pids.max") == "max")
        #expect(try journal.entries().isEmpty)
        let names = asked(bus).map { call -> [String] in
            guard case .array(_, let assignments) = call.arguments.last else { return [] }
            return assignments.compactMap {
                if case .structure(let fields) = $0 { fields.first?.text } else { nil }
            }
        }
        #expect(names.count == 3)
        #expect(names.dropFirst().flatMap { $0 } == names[0].reversed())
    }

    @Test func sideEffectsOfSystemdAreRestored() throws {
        let (files, _) = files { [tree] call throws(BusError) in
            Self.obey(call, tree)
            tree.write("0", to: "/web.service/memory.oom.group")
        }
        tree.write("1", to: "/web.service/memory.oom.group")
        let plan = try plan("pids.max=50", through: files)
        let results = LimitTransaction(
            plan, in: ActingContext(tree.set, files: files, journal: journal)
        ).apply()
        #expect(results.allSatisfy { $0.isSuccess })
        #expect(try tree.cgroup("/web.service").text("memory.oom.group") == "1")
    }

    @Test func routeOfEachValueIsReported() throws {
        let (files, bus) = files { _ throws(BusError) in }
        let plan = try plan(
            "memory.max=64MiB", "cpu.max=0.333cpus", "memory.oom.group=1", through: files)
        let routes = try LimitRoutes(of: plan, through: files)
        let told = Dictionary(
            uniqueKeysWithValues: plan.writes.indices.map { (plan.writes[$0].name, routes[$0]) })
        #expect(told["memory.max"]??.properties == ["MemoryMax"])
        #expect(told["memory.max"]??.unit.name == "web.service")
        #expect(told["cpu.max"]??.properties == ["CPUQuotaPerSecUSec", "CPUQuotaPeriodUSec"])
        #expect(told["memory.oom.group"] == .some(nil))
        #expect(routes.warnings.count == 2, "\(routes.warnings)")
        #expect(routes.warnings.contains { $0.contains("the quota is 33%") })
        #expect(routes.warnings.contains { $0.contains("OOMPolicy of web.service") })
        #expect(asked(bus).isEmpty)
        let plain = try LimitRoutes(of: plan, through: KernelControlFiles())
        #expect(plan.writes.indices.allSatisfy { plain[$0] == nil })
        #expect(plain.warnings.isEmpty)
    }
}
