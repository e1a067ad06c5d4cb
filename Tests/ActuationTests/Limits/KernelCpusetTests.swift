import CgroupModel
import Foundation
import Hierarchy
import KernelIO
import Testing

@testable import Actuation

/// Cpusets that v1 refuses, none of which is ever planned.
@Suite(.serialized) struct KernelCpusetTests {
    private func code(_ body: () throws -> Void) -> Int32? {
        do {
            try body()
            return nil
        } catch {
            return (error as? IOError)?.code
        }
    }

    private func plan(_ text: String, _ set: HierarchySet, _ path: CgroupPath) throws {
        let host = HostFacts(
            memoryBytes: nil, cpus: RangeList(0..<64), nodes: [0: RangeList([0])])
        let request = try LimitRequest.all(parsing: text, host: host)[0]
        _ = try LimitPlanner(ActingContext(set)).plan([request], on: path)
    }

    @Test(.enabled(if: Kernel.hasCpuset, "needs cpuset of v1"))
    func kernelRefusesTheCpusetsThatThePlannerAvoids() throws {
        let set = try #require(Kernel.legacy)
        let scratch = try PopulatedCgroup(set, controllers: [.cpuset])
        let outer = try scratch.directory(.cpuset)
        let inner = try CgroupDirectory(
            try scratch.child("inner", controllers: [.cpuset]), in: outer.hierarchy)
        try inner.write("1", to: "cpuset.cpus")
        // Less than a child has.
        #expect(code { try outer.write("0", to: "cpuset.cpus") } == EBUSY)
        #expect(throws: ActuationError.self) { try plan("cpuset.cpus=0", set, outer.path) }
        // More than the parent has.
        try outer.write("1", to: "cpuset.cpus")
        #expect(code { try inner.write("0-1", to: "cpuset.cpus") } == EACCES)
        #expect(throws: ActuationError.self) { try plan("cpuset.cpus=0-1", set, inner.path) }
        // A CPU that this machine does not have.
        #expect(code { try outer.write("60000", to: "cpuset.cpus") } == ERANGE)
        #expect(throws: ActuationError.self) { try plan("cpuset.cpus=63", set, outer.path) }
        // No task can join an empty cpuset, and a populated one cannot be emptied.
        let pid = try scratch.run("exec sleep 300", in: inner.path)
        #expect(code { try inner.write("\n", to: "cpuset.cpus") } == ENOSPC)
        let empty = try CgroupDirectory(
            try scratch.child("empty", controllers: [.cpuset]), in: outer.hierarchy)
        try empty.write("\n", to: "cpuset.cpus")
        #expect(code { try empty.write("\(pid)", to: "cgroup.procs") } == ENOSPC)
        #expect(throws: ActuationError.self) {
            try Mover(ActingContext(set)).move([pid], to: empty.path)
        }
        // The kernel's own threads stay where they are.
        guard let kthreadd = ProcessReader(.live).stat(2), kthreadd.name == "kthreadd" else {
            return
        }
        #expect(code { try inner.write("2", to: "cgroup.procs") } == EINVAL)
        #expect(throws: ActuationError.self) {
            try Mover(ActingContext(set)).move([2], to: inner.path)
        }
    }

    @Test func severalCgroupsWidenFromTheTopAndNarrowFromTheBottom() throws {
        let machine = try FakeMachine(FakeMachine.legacy)
        var plans: [LimitPlan] = []
        for (path, old, new) in [
            ("/a", "0-3", "0-1"), ("/x/y", "0", "0-1"), ("/a/b", "0-3", "0-1"), ("/x", "0", "0-3"),
        ] {
            try machine.cgroup(path, in: "cpuset", ["cpuset.cpus": old, "cpuset.mems": "0"])
            let tree = try #require(machine.set.legacy(.cpuset))
            plans.append(
                LimitPlan([
                    try #require(
                        PlannedWrite(
                            name: "cpuset.cpus", instance: nil,
                            directory: try CgroupDirectory(
                                CgroupPath(path), in: machine.set.hierarchies[tree]),
                            cell: ControlCell("cpuset.cpus"), coding: .text, rawOld: old,
                            new: .text(new),
                            direction: WriteDirection(from: .text(old), to: .text(new)), nesting: 0)
                    )
                ]))
        }
        let order = LimitPlan.joined(plans).writes.map(\.directory.path.description)
        #expect(order == ["/x", "/x/y", "/a/b", "/a"])
    }

    /// v1 has no inheritance: one that was made while the list above was narrowed stayed narrow.
    @Test(.enabled(if: Kernel.hasCpuset, "needs cpuset of v1"))
    func cgroupCreatedBelowANarrowedCpusetIsWidenedWithIt() throws {
        let set = try #require(Kernel.legacy)
        let scratch = try PopulatedCgroup(set, controllers: [.cpuset])
        let outer = try scratch.directory(.cpuset)
        let wide = try outer.text("cpuset.cpus")
        func child(_ name: String) throws -> CgroupDirectory {
            try CgroupDirectory(
                try scratch.child(name, controllers: [.cpuset]), in: outer.hierarchy)
        }
        let older = try child("older")
        try older.write("0", to: "cpuset.cpus")
        let journal = UndoJournal(
            directory: NSTemporaryDirectory() + "cgwarden-test-\(UUID().uuidString)",
            owner: "daemon")
        defer { try? FileManager.default.removeItem(atPath: journal.directory) }
        func narrow(_ path: CgroupPath, _ cpus: String) throws -> [LimitResult] {
            let request = try LimitRequest.all(
                parsing: "cpuset.cpus=\(cpus)",
                host: HostFacts(memoryBytes: nil, cpus: RangeList(0..<64), nodes: [:]))[0]
            return LimitTransaction(
                try LimitPlanner(ActingContext(set)).plan([request], on: path),
                in: ActingContext(set, journal: journal)
            ).apply()
        }
        try #require(try narrow(outer.path, "0").allSatisfy(\.isSuccess))
        let young = try child("young")
        let inner = try child("young/inner")
        // One that the daemon itself changes later has the same original.
        let changed = try child("changed")
        #expect(try young.text("cpuset.cpus") == "0" && inner.text("cpuset.cpus") == "0")
        _ = try journal.record(
            ControlCell("cpuset.cpus"), of: changed, "0", wanted: "0", cause: "test")
        #expect(journal.original(of: ControlCell("cpuset.cpus"), in: changed) == wide)
        let results = try Restorer(set: set, journal: journal).restore()
        #expect(!results.contains { if case .failed = $0.outcome { true } else { false } })
        for directory in [outer, young, inner, changed] {
            #expect(try directory.text("cpuset.cpus") == wide, "\(directory.path)")
        }
        #expect(try older.text("cpuset.cpus") == "0")
        #expect(try journal.entries().isEmpty)
    }
}
