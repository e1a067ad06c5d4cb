import CgroupModel
import Events
import Foundation
import KernelIO
import TestSupport
import Testing

@testable import Service

/// The events on disk.
@Suite struct EventJournalTests {
    private let folder: ProgramCapture
    private let path: String

    init() throws {
        folder = try ProgramCapture(mountinfo: "")
        path = folder.root + "/events"
    }

    private func records(_ serials: ClosedRange<UInt64>) -> [[UInt8]] {
        serials.map { serial in
            let cgroup = EventCgroup(CgroupPath("/cgroup-\(serial)"))
            return StoredEvent(
                serial, Event(.born, EventTime(wall: serial, boot: serial), cgroup)
            ).encoded
        }
    }

    /// The numbers of the events on disk.
    private func read(note: (String) -> Void = { Issue.record("\($0)") }) throws -> [UInt64] {
        var serials: [UInt64] = []
        try EventJournal.read(path, note: note) {
            if let serial = StoredEvent.serial(of: $0) { serials.append(serial) }
        }
        return serials
    }

    private var parts: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: folder.root)
                .filter { $0.hasPrefix("events.") }.sorted()
        }
    }

    private func spoil(_ body: (inout Data) -> Void) throws {
        let file = URL(filePath: path)
        var data = try Data(contentsOf: file)
        body(&data)
        try data.write(to: file)
    }

    @Test func eventsAreOnDiskAtOnceAndSurviveTheWriter() throws {
        do {
            var journal = EventJournal(path, PartBounds())
            journal.append(records(1...3), at: 1)
            journal.append([], at: 1)
            #expect(try read() == [1, 2, 3])
        }
        var next = EventJournal(path, PartBounds())
        next.append(records(4...4), at: 2)
        let failure = next.failure
        #expect(failure == nil)
        #expect(try read() == [1, 2, 3, 4])
    }

    @Test(arguments: [1, 10, 20]) func anIncompleteLastRecordIsCutOff(cut: Int) throws {
        do {
            var journal = EventJournal(path, PartBounds())
            journal.append(records(1...3), at: 1)
        }
        try spoil { $0.removeLast(cut) }
        #expect(try read() == [1, 2])
        var next = EventJournal(path, PartBounds())
        next.append(records(3...5), at: 2)
        #expect(try read() == [1, 2, 3, 4, 5])
    }

    @Test func damageIsSkippedWithALine() throws {
        do {
            var journal = EventJournal(path, PartBounds())
            journal.append(records(1...9), at: 1)
        }
        try spoil { $0[$0.count / 2] ^= 0xff }
        var notes: [String] = []
        let serials = try read { notes.append($0) }
        #expect(serials.count == 8 && Set(serials).isSubset(of: Set(1...9)))
        #expect(notes.count == 1 && notes[0].contains("are damaged; skipped"))
    }

    @Test func oldestPartIsDroppedAtTheSizeLimit() throws {
        var journal = EventJournal(path, PartBounds(bytes: 20_000))
        for serial in 1...2000 as ClosedRange<UInt64> {
            journal.append(records(serial...serial), at: serial)
        }
        #expect((4...9).contains(try parts.count))
        let total = try (parts + ["events"]).reduce(0) {
            $0 + AppendedFile.size(of: folder.root + "/\($1)")
        }
        #expect(total > 10_000 && total < 23_000)
        let serials = try read()
        #expect(serials == Array((2001 - UInt64(serials.count))...2000))
    }

    @Test func oldestPartIsDroppedAtTheAgeLimit() throws {
        var journal = EventJournal(path, PartBounds(age: 80))
        for second in 1...400 as ClosedRange<UInt64> {
            journal.append(records(second...second), at: second * 1_000_000)
        }
        let count = try read().count
        #expect((80...105).contains(count))
    }

    @Test func secondWriterIsRefusedWithAReason() throws {
        var first = EventJournal(path, PartBounds())
        var second = EventJournal(path, PartBounds())
        let failure = second.failure
        #expect(failure?.contains("another process writes") == true)
        second.append(records(1...1), at: 1)
        first.append(records(2...2), at: 1)
        #expect(try read() == [2])
    }

    @Test(.enabled(if: geteuid() == 0, "only root can mount a full disk"))
    func fullDiskStopsTheJournalAndIsReported() throws {
        let disk = try FullDisk()
        var journal = EventJournal(disk.file, PartBounds())
        let before = journal.failure
        #expect(before == nil)
        journal.append(records(1...100), at: 1)
        let after = journal.failure
        #expect(after?.contains("No space left") == true)
        journal.append(records(101...101), at: 1)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can mount a full disk"))
    func eventsAreKeptAgainOnceADiskHasRoomAndTheLostOnesAreCounted() throws {
        let disk = try FullDisk()
        var journal = EventJournal(disk.file, PartBounds())
        journal.append(records(1...100), at: 1)
        let early = journal.append(records(101...101), at: 30_000_000)
        #expect(early == nil)
        try disk.makeRoom()
        let soon = journal.append(records(102...102), at: 59_000_000)
        #expect(soon == nil)
        let lost = journal.append(records(103...103), at: 61_000_000)
        #expect(lost == 102)
        let failure = journal.failure
        #expect(failure == nil)
        let next = journal.append(records(104...104), at: 62_000_000)
        #expect(next == nil)
    }

    @Test func aReplySurvivesTheControlSocket() throws {
        let store = EventStore()
        #expect(DaemonEvents.Reply("") == nil)
        let empty = try #require(
            DaemonEvents.Reply(
                DaemonEvents.text(
                    store.events(after: 0, most: 9), after: 0, journal: nil, failure: nil)))
        #expect(empty.events.isEmpty && empty.last == 0 && empty.lost == 0)
        #expect(empty.journal == nil && empty.failure == nil)
        let odd = EventCgroup(CgroupPath(normalising: Array("/a\tb%\u{7f}".utf8) + [0xff]))
        _ = store.append([
            Event(.born, EventTime(wall: 1, boot: 2), odd),
            Event(.gap, EventTime(wall: 3, boot: 4)),
        ])
        let reply = try #require(
            DaemonEvents.Reply(
                DaemonEvents.text(
                    store.events(after: 0, most: 9), after: 0, journal: "/a b\tc",
                    failure: "no room; stop")))
        #expect(reply.events.map(\.serial) == [1, 2])
        #expect(reply.events.first?.event.cgroup == odd)
        #expect(reply.last == 2 && reply.journal == "/a b\tc" && reply.failure == "no room; stop")
    }
}
