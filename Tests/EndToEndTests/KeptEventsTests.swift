import CgroupModel
import Events
import KernelIO
import TestSupport
import Testing

@testable import Service
@testable import cgwarden

/// The events of a daemon's journal and memory as one list.
@Suite struct KeptEventsTests {
    private let folder: ProgramCapture
    private let path: String

    init() throws {
        folder = try ProgramCapture(mountinfo: "")
        path = folder.root + "/events"
    }

    private static func event(_ number: UInt64, _ kind: EventKind) -> Event {
        let cgroup = EventCgroup(CgroupPath("/a"))
        return Event(kind, EventTime(wall: number, boot: number), cgroup)
    }

    /// The times of the merged events, which are their numbers.
    private func merged(_ store: EventStore, _ journal: String?) throws -> [UInt64] {
        let batch = store.events(after: 0, most: .max)
        let inMemory = batch.records.compactMap { StoredEvent(decoding: $0) }
        var times: [UInt64] = []
        _ = try KeptEvents.write(EventMerge(inMemory, last: batch.last), journal) {
            times += $0.map(\.time.wall)
            return true
        }
        return times
    }

    /// The store removes the oldest event of the largest class, so an old one of a small class
    /// stays before the gap.
    @Test func eventsThatLeftMemoryAreReadFromTheJournal() throws {
        var bounds = EventStore.Bounds()
        bounds.count = 20
        let store = EventStore(bounds)
        let records = store.append(
            [Self.event(1, .died)] + (2...60).map { Self.event($0, .limitHit) })
        var journal = EventJournal(path, PartBounds())
        journal.append(records, at: 1)
        #expect(try merged(store, path) == Array(1...60))
    }

    @Test func eventsThatTheJournalLacksAreTakenFromMemory() throws {
        let store = EventStore()
        let records = store.append((1...9).map { Self.event($0, .born) })
        var journal = EventJournal(path, PartBounds())
        journal.append(Array(records[1...3] + records[6...7]), at: 1)
        #expect(try merged(store, path) == Array(1...9))
        #expect(try merged(store, nil) == Array(1...9))
    }

    @Test func eventsNewerThanTheReplyAreLeftToTheNext() throws {
        let store = EventStore()
        let records = store.append((1...9).map { Self.event($0, .born) })
        var journal = EventJournal(path, PartBounds())
        journal.append(records, at: 1)
        let merge = EventMerge([], last: 5)
        var count = 0
        _ = try KeptEvents.write(merge, path) {
            count += $0.count
            return true
        }
        #expect(count == 5)
    }

    /// The note said "from now on" although past events came first.
    @Test(arguments: [
        (false, true, true, "the events from now on"),
        (true, false, false, "the events from now on"),
        (true, false, true, "past OOM kills in the kernel log, and then new events"),
        (true, true, false, "the events stored on disk, and then new events"),
        (
            true, true, true,
            "the events stored on disk, later OOM kills in the kernel log, and then new events"
        ),
    ])
    func followingWithoutADaemonNamesThePastEventsThatItPrints(
        hasPast: Bool, hasJournal: Bool, hasLog: Bool, text: String
    ) {
        #expect(
            OwnEvents.followed(hasPast: hasPast, hasJournal: hasJournal, hasLog: hasLog) == text)
    }

    @Test func nothingIsWrittenAfterAFailure() throws {
        var journal = EventJournal(path, PartBounds())
        let store = EventStore()
        journal.append(store.append((1...5000).map { Self.event($0, .born) }), at: 1)
        var calls = 0
        #expect(throws: IOError.self) {
            try KeptEvents.write(EventMerge([], last: .max), path) { _ in
                calls += 1
                throw IOError("write", "standard output", code: 28)
            }
        }
        #expect(calls == 1)
    }
}
