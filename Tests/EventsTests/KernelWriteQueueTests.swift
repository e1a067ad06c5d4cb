import CgroupModel
import CgroupModel
import Foundation
import TestSupport
import Testing

@testable import Events

@Suite(
    .serialized,
    .enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroups"),
    .enabled(
        if: RealCgroups.set.map { LimitWrites.refusal($0) == nil } ?? false,
        "writes cannot be watched here"))
struct KernelWriteQueueTests {
    // The members end in this order, and a cgroup can be removed only after those below it.
    private let marks: [ProgramCgroup]
    private let cgroup: ProgramCgroup

    init() throws {
        let cgroup = try ProgramCgroup()
        self.cgroup = cgroup
        marks = try (0..<6).map { try ProgramCgroup(bytes: Array("\($0)".utf8), below: cgroup) }
    }

    /// Writes to the same file of each mark; the kernel merges reports of one file only.
    private func write() throws {
        for mark in marks {
            let place = try #require(mark.directory(of: "pids"))
            try Data("100".utf8).write(to: URL(filePath: "\(place)/pids.max"))
        }
    }

    @Test func unreadReportsBeyondTheBoundAreMissing() throws {
        let set = try #require(RealCgroups.set)
        var queue = try WriteQueue(set)
        try write()
        queue.readToTheEnd(3)
        let first = queue.take()
        #expect(first.isIncomplete)
        #expect(first.writes.count <= 3)
        queue.readToTheEnd(1000)
        let second = queue.take()
        #expect(!second.isIncomplete)
        let paths = Set((first.writes + second.writes).map(\.path.description))
        #expect(paths.isSuperset(of: marks.map(\.path)))
    }

    @Test func aRemovedCgroupsReportIsNotMissing() throws {
        let set = try #require(RealCgroups.set)
        var queue = try WriteQueue(set)
        try write()
        for mark in marks { mark.remove() }
        queue.readToTheEnd(1000)
        #expect(!queue.take().isIncomplete)
    }
}
