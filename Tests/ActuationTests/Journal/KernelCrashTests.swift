import CgroupModel
import Foundation
import Glibc
import Hierarchy
import KernelIO
import Testing

@testable import Actuation

/// The program itself, killed at every step; whatever it had done, `restore` undoes it.
@Suite(.serialized, .enabled(if: LimitScratch.isPossible, "no cgroup can be made here"))
struct KernelCrashTests {
    private let scratch: LimitScratch
    private let program: CrashingProgram

    /// The steps of one record: before it, in the midst of it, after it.
    private static let record = 3
    /// The steps of a change by the kernel, of a cut and of a rename: before it and after it.
    private static let change = 2
    /// A change with its two records.
    private static let recorded = record + change + record

    init() throws {
        scratch = try LimitScratch()
        program = CrashingProgram(state: scratch.state)
    }

    /// Restores and finds everything as it was; a second time nothing is left to write.
    private func expectUndone(_ before: [String: String], _ step: String) throws {
        let (undone, report) = try program.run(["restore"])
        #expect(undone == 0, "\(step): \(report)")
        #expect(try scratch.everything() == before, "\(step): \(report)")
        // It would crash at its first write.
        let (again, nothing) = try program.run(["restore"], crashAt: 1)
        #expect(again == 0 && nothing == "nothing to undo\n", "\(step): \(nothing)")
    }

    @Test func crashDuringASetOfManyFilesIsRestored() throws {
        var wishes: [String] = []
        if scratch.has(.memory) { wishes += ["memory.max=100MiB", "memory.memsw.max=120MiB"] }
        if scratch.has(.cpu) { wishes += ["cpu.max=0.5cpus", "cpu.max.period=50ms"] }
        if scratch.has(.pids) { wishes += ["pids.max=50"] }
        try #require(!wishes.isEmpty)
        let before = try scratch.everything()
        let writes = try scratch.plan(wishes).writes.count
        try program.killAtEachStep(
            of: ["set", scratch.path.description] + wishes, expecting: Self.recorded * writes
        ) { step in try expectUndone(before, step) }
    }

    /// A failed set is rolled back by the program, which can be killed during that too.
    @Test func crashDuringARollbackIsRestored() throws {
        guard scratch.set.legacy(.devices) != nil, scratch.has(.cpu), scratch.has(.pids) else {
            try Test.cancel("a controller of v1 is missing here")
        }
        let before = try scratch.everything()
        // The kernel takes no rule for all devices where there are children, which shows late.
        _ = try scratch.directory(.devices).makeChild("inner".utf8)
        let set = [
            "set", scratch.path.description, "cpu.max=0.5cpus", "pids.max=50", "devices.allow=a",
        ]
        let steps = 2 * Self.recorded + 1 + 2 * Self.recorded
        for place in stride(from: 1, through: steps, by: CrashingProgram.stride) {
            let (status, text) = try program.run(set, crashAt: place)
            #expect(status == -9, "step \(place) of \(steps): \(text)")
            try expectUndone(before, "step \(place)")
        }
        let (status, text) = try program.run(set, crashAt: steps + 1)
        #expect(status == 74 && text.contains("nothing was changed"), "\(text)")
        try expectUndone(before, "at the end")
    }

    @Test func crashDuringARestoreIsRestored() throws {
        guard scratch.has(.pids), scratch.has(.cpu) else {
            try Test.cancel("a controller is missing here")
        }
        let before = try scratch.everything()
        let set = ["set", scratch.path.description, "cpu.max=0.5cpus", "pids.max=50"]
        // Each value is written, both are closed by one record, and the journal is removed.
        try program.killAtEachStep(
            of: ["restore"], expecting: 2 * Self.change + Self.record + Self.change
        ) {
            let (status, text) = try program.run(set)
            #expect(status == 0, "\(text)")
        } check: { step in
            try expectUndone(before, step)
        }
    }

    @Test(
        .disabled(
            if: ProcessInfo.processInfo.environment["CGWARDEN_REQUIRE_CGROUPS"] != nil,
            "it is about the journal, which no kernel matters for"))
    func crashDuringCompactionLosesNoEntry() throws {
        guard scratch.has(.pids) else { try Test.cancel("a controller is missing here") }
        let before = try scratch.everything()
        let directory = try scratch.directory(.pids)
        let file = "\(scratch.state)/journal"
        // A journal just above the size limit, with one changed value.
        try directory.write("40", to: "pids.max")
        while ((try? Data(contentsOf: URL(filePath: file)))?.count ?? 0) <= 16 << 10 {
            let entry = try scratch.journal.begin(
                directory: directory, file: "pids.max", original: "max", wanted: "40",
                cause: "test")
            try scratch.journal.finish(entry, readBack: "40")
        }
        let long = try Data(contentsOf: URL(filePath: file))
        // Another file is emptied, written and renamed, and then goes on as usual.
        let steps = Self.change + Self.record + Self.change + Self.recorded
        try program.killAtEachStep(
            of: ["set", scratch.path.description, "pids.max=50"], expecting: steps
        ) {
            try directory.write("40", to: "pids.max")
            try long.write(to: URL(filePath: file))
        } check: { step in
            let entries = try scratch.journal.entries()
            #expect(entries.map(\.original) == ["max"], "\(step)")
            #expect(try scratch.journal.state().damagedLines.isEmpty, "\(step)")
            try expectUndone(before, step)
        }
    }

    /// Two trees will do, or the controllers of one.
    private static let controllers: [Controller] = [.pids, .cpuset]
    private static let choice = ["--controllers", "pids,cpuset"]

    private var trees: [MountedHierarchy] {
        scratch.set.hierarchies.filter { tree in
            Self.controllers.contains(where: tree.controllers.contains)
        }
    }

    @Test func crashDuringACreateIsRestored() throws {
        guard Self.controllers.allSatisfy(scratch.has) else {
            try Test.cancel("a controller is missing here")
        }
        let path = scratch.path.child("made".utf8)
        var steps = Self.recorded * trees.count
        for tree in trees {
            let directory = try CgroupDirectory(scratch.path, in: tree)
            if tree.version == .unified {
                // Its parent is made to pass them on.
                steps += Self.recorded * Self.controllers.count { tree.controllers.contains($0) }
            } else if tree.controllers.contains(.cpuset) {
                // A new cpuset of v1 gets the CPUs and nodes of its parent.
                for file in ["cpuset.cpus", "cpuset.mems"] {
                    try directory.write(CgroupDirectory(.root, in: tree).text(file), to: file)
                    steps += Self.change
                }
            }
        }
        let before = try scratch.everything()
        try program.killAtEachStep(
            of: ["create", path.description] + Self.choice, expecting: steps
        ) { step in
            try expectUndone(before, step)
            for tree in trees {
                #expect((try? CgroupDirectory(path, in: tree)) == nil, "\(step): \(tree.label)")
                let above = try CgroupDirectory(scratch.path, in: tree)
                let passed = try? above.text("cgroup.subtree_control")
                #expect(passed ?? "" == "", "\(step)")
            }
        }
    }

    @Test func crashDuringAMoveIsRestored() throws {
        let set = scratch.set
        let (first, second) = (try PopulatedCgroup(set), try PopulatedCgroup(set))
        let pid = try first.run("exec sleep 300")
        let before = try #require(try ProcessPlaces(set: set).places(of: pid))
        try #require(!trees.isEmpty)
        let nothing = try scratch.everything()
        try program.killAtEachStep(
            of: ["move", "\(pid)", second.path.description] + Self.choice,
            expecting: Self.recorded * trees.count
        ) { step in
            try expectUndone(nothing, step)
            #expect(try ProcessPlaces(set: set).places(of: pid) == before, "\(step)")
        }
    }

    /// The next run removes what the killed one left, wherever that was killed.
    @Test func crashDuringARunIsCleanedUp() throws {
        let parent = scratch.path.child("runs".utf8)
        #expect(try program.run(["create", parent.description]).status == 0)
        func run(_ name: String, crashAt place: Int? = nil) throws -> (
            status: Int32, output: String
        ) {
            try program.run(
                [
                    "run", "--parent", parent.description, "--name", name, "--summary", "none",
                    "--", "true",
                ], crashAt: place)
        }
        func left() -> [CgroupPath] {
            scratch.set.hierarchies.flatMap { tree in
                (try? CgroupDirectory(parent, in: tree).children().map(\.path)) ?? []
            }
        }
        defer {
            for tree in scratch.set.hierarchies {
                try? CgroupDirectory(parent, in: tree).remove()
            }
        }
        var place = 1
        while try run("killed", crashAt: place).status == -9 {
            let (status, text) = try run("next")
            #expect(status == 0, "step \(place): \(text)")
            #expect(left() == [], "step \(place)")
            #expect(LockFolder("\(scratch.state)/locks").names == [], "step \(place)")
            place += CrashingProgram.stride
        }
        // At least a record, and a cgroup that is made and removed.
        #expect(place > Self.record + 2 * Self.change)
        #expect(left() == [])
    }

    @Test func restoreOfAValueChangedByAnotherProgramExitsWith75() throws {
        guard scratch.has(.pids) else { try Test.cancel("a controller is missing here") }
        let path = scratch.path.description
        #expect(try program.run(["set", path, "pids.max=50"]).status == 0)
        try scratch.directory(.pids).write("60", to: "pids.max")
        let (status, text) = try program.run(["restore", path])
        #expect(status == 75 && text.contains("left alone"))
        #expect(try scratch.directory(.pids).text("pids.max") == "60")
        #expect(try program.run(["restore", path, "--force"]).status == 0)
        #expect(try scratch.directory(.pids).text("pids.max") == "max")
    }
}
