import CgroupModel
import Glibc
import KernelIO
import Synchronization
import Testing

@testable import Actuation

/// Pinning on v2 with plain files, whose lists in effect do not follow.
@Suite struct PinnerTests {
    private let tree: CapturedCgroups
    private let directory: CgroupDirectory
    private let journal: UndoJournal

    init() throws {
        tree = try CapturedCgroups(unified: "cpuset")
        _ = try tree.cgroup(
            "/",
            ["cpuset.cpus.effective": "0-3", "cpuset.mems.effective": "0", "cgroup.procs": ""])
        directory = try tree.cgroup(
            "/a",
            [
                "cpuset.cpus": "0-1", "cpuset.mems": "0", "cpuset.cpus.effective": "0-1",
                "cpuset.mems.effective": "0", "cgroup.procs": "",
            ])
        journal = UndoJournal(directory: tree.place + "/state")
    }

    private func pin(_ files: any ControlFiles = KernelControlFiles()) throws {
        _ = try Pinner(ActingContext(tree.set, files: files, journal: journal)).pin(
            directory.path, cpus: RangeList("2-3"), mems: RangeList("0"))
    }

    /// Pins to CPUs; `intrude` runs once they are written, before they are confirmed.
    private func pin(_ cpus: String, _ intrude: @escaping () throws -> Void) throws {
        let directory = directory
        let files = IntrudingFiles {
            if (try? directory.text("cpuset.cpus")) == cpus { try? intrude() }
        }
        _ = try Pinner(ActingContext(tree.set, files: files, journal: journal)).pin(
            directory.path, cpus: RangeList(cpus), mems: nil)
    }

    /// Restores as another command would.
    private func restore() throws {
        let other = UndoJournal(directory: journal.directory)
        _ = try Restorer(set: tree.set, journal: other).restore()
    }

    /// As if an ancestor lost these CPUs between the check and the write.
    @Test func listsThatDoNotTakeEffectAreBothPutBack() throws {
        let error = #expect(throws: ActuationError.self) { try pin() }
        #expect(error?.code == .failed)
        #expect(error?.message.contains("0-1 is in effect") == true)
        #expect(try directory.text("cpuset.cpus") == "0-1")
        #expect(try directory.text("cpuset.mems") == "0")
        #expect(try journal.entries().isEmpty)
    }

    /// The lists never take effect here, so a pin also fails if each write is accepted.
    @Test(arguments: ["cpuset.cpus", "cpuset.mems", nil])
    func refusedPinLeavesTheDeadlineOfAnEarlierChange(_ refused: String?) throws {
        let earlier = journal.expiring(ExpiringChange(.seconds(600), by: .dead))
        try JournaledWrite(files: KernelControlFiles(), journal: earlier).write(
            "0", to: ControlCell("cpuset.cpus"), of: directory, cause: "pin")
        let before = try #require(try journal.entries().first)
        let files = FaultyFiles(failing: Set([refused].compactMap(\.self)), code: EINVAL)
        #expect(throws: ActuationError.self) { try pin(files) }
        #expect(try directory.text("cpuset.cpus") == "0")
        let after = try journal.entries()
        #expect(after.map(\.cell) == [before.cell])
        #expect(after.first?.expiry != nil && after.first?.expiry == before.expiry)
        #expect(after.first?.original == "0-1" && after.first?.readBack == "0")
    }

    /// A helper that saw no change in progress would end before the earlier deadline is back.
    @Test func pinIsInProgressUntilItsListsAreConfirmed() throws {
        let journal = journal
        var results: Set<String?> = []
        let files = IntrudingFiles {
            for entry in (try? journal.entries()) ?? [] { results.insert(entry.readBack) }
        }
        #expect(throws: ActuationError.self) { try pin(files) }
        #expect(results.count == 1 && results.contains(nil))
    }

    /// The original is part of the pinned list, so it looks as if an ancestor allowed no more.
    @Test func pinThatIsRestoredMeanwhileFails() throws {
        let error = #expect(throws: ActuationError.self) { try pin("0-3", restore) }
        #expect(error?.code == .busy)
        #expect(error?.message.contains("/a is not pinned") == true, "\(error?.message ?? "")")
        #expect(try directory.text("cpuset.cpus") == "0-1")
        #expect(try journal.entries().isEmpty)
    }

    /// The list that the pin found is that of an earlier pin, which the restore has undone, too.
    @Test func earlierPinIsNotWrittenAfterARestore() throws {
        try JournaledWrite(files: KernelControlFiles(), journal: journal).write(
            "0", to: ControlCell("cpuset.cpus"), of: directory, cause: "pin")
        #expect(throws: ActuationError.self) { try pin("2-3", restore) }
        #expect(try directory.text("cpuset.cpus") == "0-1")
        #expect(try journal.entries().isEmpty)
    }

    @Test(arguments: ["0-3", "2-3"])
    func listOfOthersIsLeftAloneAfterAFailedPin(_ cpus: String) throws {
        let tree = tree
        let error = #expect(throws: ActuationError.self) {
            try pin(cpus) { tree.write("1", to: "/a/cpuset.cpus") }
        }
        #expect(error != nil)
        #expect(try directory.text("cpuset.cpus") == "1")
        #expect(try journal.entries().isEmpty)
    }

    @Test func listWhoseOriginalCannotBeReadIsNotWritten() throws {
        let error = #expect(throws: ActuationError.self) {
            try pin(SecondReadFails(name: "cpuset.cpus"))
        }
        #expect(error?.message.contains("Too many open files") == true)
        #expect(try directory.text("cpuset.cpus") == "0-1")
        #expect(try directory.text("cpuset.mems") == "0")
    }

    @Test func unreadableListIsNotTakenForOneWithoutCpuset() throws {
        let error = #expect(throws: ActuationError.self) {
            try pin(SecondReadFails(name: "cpuset.cpus", from: 1))
        }
        #expect(error?.message.contains("Too many open files") == true)
        #expect(error?.code != .unavailable)
    }

    @Test func refusalNamesTheAncestorWithTheList() throws {
        _ = try tree.cgroup("/b", ["cgroup.procs": ""])
        let path = try tree.cgroup("/b/c", ["cpuset.cpus": "", "cgroup.procs": ""]).path
        let error = #expect(throws: ActuationError.self) {
            try Pinner(ActingContext(tree.set)).check(path, cpus: RangeList("9"), mems: nil)
        }
        #expect(error?.message.contains("/ has 0-3") == true)
    }

    @Test func planAndPinRefuseAListWithTheSameMessage() throws {
        let context = ActingContext(tree.set)
        let host = HostFacts(memoryBytes: nil, cpus: RangeList(0..<64), nodes: [:])
        let request = try LimitRequest.all(parsing: "cpuset.cpus=9", host: host)[0]
        let planned = #expect(throws: ActuationError.self) {
            try LimitPlanner(context).plan([request], on: directory.path)
        }
        let pinned = #expect(throws: ActuationError.self) {
            try Pinner(context).check(directory.path, cpus: RangeList("9"), mems: nil)
        }
        #expect(
            planned?.message == "cannot set cpuset.cpus of /a to 9: / has 0-3; choose from these")
        #expect(pinned?.message == planned?.message)
    }

    /// An ancestor without cpuset has all that its parent has.
    @Test func planComparesAListWithTheNearestAncestorThatHasOne() throws {
        _ = try tree.cgroup("/b", ["cgroup.procs": ""])
        let path = try tree.cgroup("/b/c", ["cpuset.cpus": "", "cgroup.procs": ""]).path
        let host = HostFacts(memoryBytes: nil, cpus: RangeList(0..<64), nodes: [:])
        let request = try LimitRequest.all(parsing: "cpuset.cpus=2-5", host: host)[0]
        let plan = try LimitPlanner(ActingContext(tree.set)).plan([request], on: path)
        #expect(plan.warnings == ["cpuset.cpus: of 2-5 only 2-3 applies; / has 0-3"])
    }
}

/// The kernel's files, one of which cannot be read from the second time on.
private final class SecondReadFails: ControlFiles {
    private let name: String
    private let first: Int
    private let reads = Mutex(0)

    init(name: String, from first: Int = 2) {
        self.name = name
        self.first = first
    }

    func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String {
        if name == self.name {
            let count = reads.withLock { reads in
                reads += 1
                return reads
            }
            if count >= first { throw IOError("open", name, code: EMFILE) }
        }
        return try KernelControlFiles().text(name, of: directory)
    }

    func write(_ value: String, to name: String, of directory: CgroupDirectory) throws(IOError) {
        try KernelControlFiles().write(value, to: name, of: directory)
    }
}
