import CgroupModel
import Foundation
import Hierarchy
import KernelIO
import Testing

@testable import Actuation

/// Leftover jobs: only those whose owner has exited.
@Suite final class JobRecordsTests {
    private let state = NSTemporaryDirectory() + "cgwarden-test-\(UUID().uuidString)"
    private var records: JobRecords { JobRecords(in: state) }
    private let own = JobOwner.own

    deinit { try? FileManager.default.removeItem(atPath: state) }

    /// An unlocked record, as a killed owner leaves it.
    private func leave(
        _ name: String, _ owner: JobOwner, _ path: CgroupPath, cgroups: [JobCgroup] = []
    ) throws {
        let lock = try LockFolder("\(state)/locks").lock(name, within: .zero)
        try lock.append(
            JobText.bytes(owner, .cgroup(path), cgroups))
    }

    private func owner(
        boot: String? = nil, namespace: String? = nil, pid: Int32? = nil, start: UInt64? = nil
    ) -> JobOwner {
        JobOwner(
            boot: boot ?? own.boot, namespace: namespace ?? own.namespace, pid: pid ?? own.pid,
            startTicks: start ?? own.startTicks)
    }

    private func leftovers() -> [JobName] { records.leftovers().compactMap(\.text.name) }

    private func cgroup(_ path: CgroupPath) -> JobCgroup {
        JobCgroup(hierarchy: "unified", device: 1, inode: 2, path: path)
    }

    @Test func jobIsNotLeftOverWhileItsLockIsHeld() throws {
        let record = try records.begin(.cgroup(CgroupPath("/x/run-a")))
        #expect(leftovers() == [])
        record.remove()
        #expect(LockFolder("\(state)/locks").names == [])
    }

    @Test func jobOfALiveOwnerIsNotLeftOverWithoutALock() throws {
        try leave("job-1-1", own, CgroupPath("/x/run-a"))
        #expect(leftovers() == [])
        #expect(LockFolder("\(state)/locks").names == ["job-1-1"])
    }

    @Test func jobIsLeftOverIfItsOwnersPIDWasReused() throws {
        try leave("job-1-1", owner(start: own.startTicks - 1), CgroupPath("/x/run-a"))
        try leave("job-1-2", owner(pid: 1 << 30), CgroupPath("/x/run-b"))
        #expect(
            leftovers() == [.cgroup(CgroupPath("/x/run-a")), .cgroup(CgroupPath("/x/run-b"))])
    }

    @Test func ownerInAnotherPIDNamespaceCountsAsAlive() throws {
        try leave(
            "job-1-1", owner(namespace: "pid:[1]", pid: 1 << 30), CgroupPath("/x/run-a"))
        #expect(leftovers() == [])
    }

    @Test func recordsOfAnEarlierBootAreDropped() throws {
        try leave("job-1-1", owner(boot: "before"), CgroupPath("/x/run-a"))
        #expect(leftovers() == [])
        #expect(LockFolder("\(state)/locks").names == [])
    }

    @Test func leftoverThatContainsALiveJobStays() throws {
        let outer = CgroupPath("/x/run-a")
        let inner = outer.child("run-b".utf8)
        try leave("job-1-1", owner(pid: 1 << 30), outer, cgroups: [cgroup(outer)])
        try leave("job-1-2", own, inner, cgroups: [cgroup(inner)])
        #expect(leftovers() == [])
        try leave("job-1-3", owner(pid: 1 << 30), inner, cgroups: [cgroup(inner)])
        #expect(leftovers() == [.cgroup(inner)])
    }

    /// The owner died while it wrote.
    @Test func truncatedRecordIsIgnored() throws {
        let whole = JobText.bytes(
            owner(pid: 1 << 30), .cgroup(CgroupPath("/x/run-a")), [cgroup(CgroupPath("/x/run-a"))])
        for length in 0..<whole.count {
            let text = JobText(Array(whole.prefix(length)))
            #expect(text.cgroups.count <= 1)
            if let name = text.name { #expect(name == .cgroup(CgroupPath("/x/run-a"))) }
        }
        #expect(JobText(whole).cgroups == [cgroup(CgroupPath("/x/run-a"))])
    }

    @Test func pathOfArbitraryBytesRoundTrips() throws {
        let path = CgroupPath(normalising: [0x2f, 0xff, 0x20, 0x0a, 0x25, 0x2f, 0x61])
        let text = JobText(JobText.bytes(own, .cgroup(path), [cgroup(path)]))
        #expect(text.name == .cgroup(path))
        #expect(text.cgroups == [cgroup(path)])
        #expect(text.owner == own)
        #expect(JobText(JobText.bytes(own, .unit("a b.scope"), [])).name == .unit("a b.scope"))
    }
}
