import CgroupModel
import TestSupport
import Testing

@testable import Events

/// What a tenant that causes events at any rate can do to the events of others.
@Suite struct EventStormTests {
    private static let second: UInt64 = 1_000_000_000

    private func event(_ kind: EventKind, _ path: String, at time: UInt64 = 1) -> Event {
        Event(kind, EventTime(wall: time, boot: time), EventCgroup(CgroupPath(path)))
    }

    @Test func aClassIsAKindInATopmostCgroupOrInAUnitOfASlice() {
        func subtree(_ path: String) -> String? {
            EventClass(event(.born, path)).subtree?.description
        }
        #expect(subtree("/") == "/")
        #expect(subtree("/batch") == "/batch")
        #expect(subtree("/batch/a/b") == "/batch")
        #expect(subtree("/user.slice") == "/user.slice")
        #expect(subtree("/user.slice/user-7.slice/x/y") == "/user.slice/user-7.slice")
        #expect(subtree("/user.slice/user-7.slice") == "/user.slice/user-7.slice")
        #expect(EventClass(Event(.gap, .now)).subtree == nil)
    }

    @Test func aTenantsStormDoesNotFoldTheEventsOfOthers() {
        var fold = EventFold()
        var others = 0
        var folded: [Event] = []
        for tick in 0..<240 as Range<UInt64> {
            var events = (0..<100).map { event(.changed, "/user.slice/user-7.slice/c\($0)") }
            events.append(event(.changed, "/system.slice/db.service"))
            events.append(event(.oomKill, "/user.slice/user-7.slice/c"))
            let passed = fold.take(events, now: tick * Self.second / 4)
            others += passed.count { $0.cgroup?.path == CgroupPath("/system.slice/db.service") }
            folded += passed.filter { $0.folded > 0 }
        }
        #expect(others == 240)
        #expect(folded.allSatisfy { $0.kind == .changed })
        #expect(Set(folded.map { $0.path(.subtree) }) == [CgroupPath("/user.slice/user-7.slice")])
        #expect(folded.first?.sentence.hasSuffix(" more in /user.slice/user-7.slice") == true)
    }

    @Test func aLongStormPassesFewerEventsAndRecovers() {
        var fold = EventFold()
        var passed: [Int] = []
        var total: UInt64 = 0
        for second in 0..<1200 as Range<UInt64> {
            let storm = (0..<100).map { _ in event(.changed, "/t/c") }
            let found = fold.take(storm, now: second * Self.second)
            if second % 300 == 0 { passed.append(0) }
            passed[passed.count - 1] += found.count
            total += found.reduce(0) { $0 + max($1.folded, 1) }
        }
        total += fold.flush().reduce(0) { $0 + $1.folded }
        #expect(total == 120_000)
        #expect(passed[0] > passed[1])
        // A fifth of an event a second, and a report of the others each 100 s.
        #expect(passed[3] <= 70)
        let later = (0..<20).flatMap { second in
            fold.take(
                (0..<10).map { _ in event(.changed, "/t/c") },
                now: (3600 + UInt64(second)) * Self.second)
        }
        #expect(later.count == 200)
    }

    @Test func theStoreGivesUpTheOldestOfTheClassWithTheMostEvents() {
        var bounds = EventStore.Bounds()
        bounds.count = 100
        let store = EventStore(bounds)
        _ = store.append([event(.oomKill, "/a/x"), event(.changed, "/b")])
        for _ in 0..<1000 { _ = store.append([event(.changed, "/user.slice/user-7.slice/c")]) }
        let kept = store.newest(.max, of: EventSelection())
        #expect(kept.count == 100)
        #expect(kept.prefix(3).map(\.serial) == [1, 2, 905])
        #expect(store.events(after: 2, most: 10).lost(after: 2) == 902)
        #expect(store.events(after: 0, most: 2).lost(after: 0) == 0)
        #expect(store.events(after: 950, most: 100).lost(after: 950) == 0)
    }
}
