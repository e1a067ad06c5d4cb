import CgroupModel
import Hierarchy
import TestSupport
import Testing

@testable import Events

@Suite struct VictimCgroupTests {
    private let folder: ScratchFolder

    /// Process 15 is in `/other/job`.
    init() throws {
        folder = try ScratchFolder()
        try folder.makeFolder("proc/15")
        try folder.write("proc/15/cgroup", "0::/other/job\n")
        try folder.write("proc/15/comm", "hog\n")
    }

    private func settled(
        _ cgroup: String?, presumed: Bool = false, pid: UInt64 = 15, comm: String = "hog"
    ) -> CgroupPath? {
        var kill = OOMKill(microseconds: 0, pid: pid, comm: Array(comm.utf8))
        kill.cgroup = cgroup.map { CgroupPath($0) }
        kill.isGroupPresumed = presumed
        return VictimCgroup.settled(kill, .captured(in: folder.path("")))
    }

    @Test func aVictimOfAStormIsNotInTheCgroupThatWasKilledJustBefore() {
        #expect(settled("/g", presumed: true) == CgroupPath("/other/job"))
    }

    @Test func aVictimWithinTheKilledCgroupOrGoneStaysInIt() {
        #expect(settled("/other", presumed: true) == CgroupPath("/other"))
        #expect(settled("/g", presumed: true, pid: 16) == CgroupPath("/g"))
        #expect(settled("/g", presumed: true, comm: "reused") == CgroupPath("/g"))
    }

    @Test func aCgroupInTheLogIsKept() {
        #expect(settled("/a/b") == CgroupPath("/a/b"))
    }

    @Test func aVictimWithoutACgroupIsLookedUp() {
        #expect(settled(nil) == CgroupPath("/other/job"))
        #expect(settled(nil, comm: "reused") == nil)
    }
}
