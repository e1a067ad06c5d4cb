import CgroupModel
import Foundation
import Glibc
import KernelIO
import TestSupport
import Testing

@testable import Hierarchy

/// Reading with no descriptor left.
@Suite struct ExhaustionTests {
    @Test func unlistableDirectoryKeepsItsChildren() async throws {
        let tree = try CapturedTree("v2-6.1")
        let set = try HierarchySet.discover(tree.system)
        let outcome = await Exhausted().listings(of: set.hierarchies[0])
        #expect(outcome.born > 5)
        #expect(outcome.whileExhausted == 0)
        // Directories that could not be listed are retried automatically.
        #expect(outcome.afterwards == 1)
    }

    @Test func filesAreReadAfterDescriptorsRunOut() async throws {
        let tree = try CapturedTree("v2-6.1")
        let set = try HierarchySet.discover(tree.system)
        let plan = ReadPlan(ReadPlan.metrics(upTo: .costly), on: set)
        let outcome = await Exhausted().sweeps(plan, set)
        #expect(outcome.kept > 30)
        #expect(outcome.keptWhileExhausted < outcome.kept)
        #expect(outcome.malformed == 0)
        #expect(outcome.usages.count == 2)
        #expect(outcome.usages.allSatisfy { $0.value != nil })
    }
}

/// Uses up all descriptors of a thread with its own table, without affecting others.
private actor Exhausted {
    private nonisolated let executor = ThreadExecutor(name: "exhausted", ownDescriptorTable: true)
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    private var taken: [Int32] = []

    private func takeAll() {
        while true {
            let number = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
            guard number >= 0 else { return }
            taken.append(number)
        }
    }

    private func giveBack() {
        for number in taken { close(number) }
        taken = []
    }

    struct Listings {
        var born = 0
        var whileExhausted = 0
        var afterwards = 0
    }

    func listings(of hierarchy: MountedHierarchy) -> Listings {
        var result = Listings()
        guard
            var tree = try? HierarchyTree(hierarchy, scope: SampleScope(), watching: false)
        else { return result }
        result.born = tree.update(suspects: []).count
        takeAll()
        result.whileExhausted = tree.update(suspects: [.root]).count
        giveBack()
        let folder = String(decoding: hierarchy.directory, as: UTF8.self)
        try? FileManager.default.removeItem(atPath: "\(folder)/app.slice/db.service")
        result.afterwards = tree.update(suspects: []).count
        return result
    }

    struct Sweeps {
        var kept: UInt64 = 0
        var keptWhileExhausted: UInt64 = 0
        var malformed: UInt64 = 0
        var usages: [Reading] = []
    }

    func sweeps(_ plan: ReadPlan, _ set: HierarchySet) -> Sweeps {
        var result = Sweeps()
        var reader = SweepReader(plan, on: set, budget: 1000)
        defer { reader.close() }
        let due = SweepDue(
            tiers: [true, true, true, true], allSettings: true, reprobe: true, keeps: true,
            seesWrites: true)
        func row(_ path: String) -> ShardRow? {
            let bytes = Array(path.utf8)
            let inode = try? OwnedDescriptor.directory(
                set.hierarchies[0].directory + [0x2f] + bytes
            ).inode
            return ShardRow(path: bytes, generation: 1, inodes: [inode ?? 0])
        }
        let late = row("app.slice/web.service")
        reader.assign([(0, row("app.slice/db.service")), (1, row("app.slice"))])
        result.kept = reader.sweep(due).health.descriptors
        takeAll()
        reader.assign([(2, late)])
        let sweep = reader.sweep(due)
        giveBack()
        result.keptWhileExhausted = sweep.health.descriptors
        result.malformed = sweep.health.malformed
        guard let column = plan.schema.column(of: .memoryUsage) else { return result }
        result.usages = [0, 2].map {
            Reading(rawValue: sweep.block.values[$0 * plan.schema.width + column])
        }
        return result
    }
}
