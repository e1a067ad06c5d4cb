import CgroupModel
import Events
import TestSupport
import Testing

/// Events in memory, and in the form in which they are kept.
@Suite struct EventStoreTests {
    private static let time = EventTime(wall: 1_790_000_000_123_456, boot: 12_500_000_000)
    private static let cgroup = EventCgroup(
        CgroupPath(normalising: Array("/a/\u{1b}b".utf8) + [0xff]),
        CgroupID(inode: .max, generation: 3))

    private static let samples: [Event] =
        EventKind.allCases.map { Event($0, time, cgroup) } + [
            Event(.gap, time, nil, [.cause: .text("suspend")]),
            Event(.died, time, EventCgroup(CgroupPath("/x"))),
            Event(.born, time, folded: 812),
            Event(
                .oomKill, time, cgroup,
                [
                    .pid: .number(.max), .comm: .bytes([0, 0xff, 0x0a]), .quota: .decimal(0.2),
                    .limitOwner: .path(cgroup.path), .source: .text("log"), .uid: .number(0),
                ]),
        ]

    private func event(_ number: UInt64, _ kind: EventKind = .born) -> Event {
        Event(kind, EventTime(wall: number, boot: number), EventCgroup(CgroupPath("/c\(number)")))
    }

    private func serials(_ store: EventStore, after serial: UInt64, most: Int = .max) -> [UInt64] {
        store.events(after: serial, most: most).records.compactMap { StoredEvent.serial(of: $0) }
    }

    @Test func eachEventIsDecodedAsItWasEncoded() {
        for (number, event) in Self.samples.enumerated() {
            let stored = StoredEvent(UInt64(number), event)
            #expect(StoredEvent(decoding: stored.encoded) == stored)
            #expect(StoredEvent.serial(of: stored.encoded) == UInt64(number))
        }
    }

    @Test func damagedBytesAreRefused() {
        var noise = SeededNoise(seed: 1)
        for event in Self.samples {
            let bytes = StoredEvent(7, event).encoded
            for length in 0..<bytes.count {
                #expect(StoredEvent(decoding: Array(bytes.prefix(length))) == nil)
            }
            #expect(StoredEvent(decoding: bytes + [0]) == nil)
            for _ in 0..<100 { _ = StoredEvent(decoding: noise.spoil(bytes)) }
        }
        var other = StoredEvent(1, Self.samples[0]).encoded
        other[0] = 2
        #expect(StoredEvent(decoding: other) == nil && StoredEvent.serial(of: other) == nil)
    }

    @Test func readersContinueFromTheNumberTheyHaveReached() {
        let store = EventStore()
        #expect(store.newestNumber == 0 && serials(store, after: 0).isEmpty)
        #expect(store.append((1...10).map { event($0) }).count == 10)
        #expect(serials(store, after: 0) == Array(1...10))
        #expect(serials(store, after: 7) == [8, 9, 10])
        #expect(serials(store, after: 7, most: 2) == [8, 9])
        #expect(serials(store, after: 10).isEmpty && serials(store, after: 99).isEmpty)
        #expect(store.events(after: 99, most: 5).last == 10)
        #expect(store.events(after: 10, most: 5).lost(after: 10) == 0)
        #expect(store.events(after: .max, most: 5).lost(after: .max) == 0)
    }

    @Test func oldestEventsAreDroppedAndReadersGetTheNumberOfMissedOnes() {
        var bounds = EventStore.Bounds()
        bounds.count = 100
        let store = EventStore(bounds)
        for number in 1...1000 as ClosedRange<UInt64> { _ = store.append([event(number)]) }
        #expect(serials(store, after: 0) == Array(901...1000))
        #expect(store.events(after: 500, most: 10).lost(after: 500) == 400)
        #expect(store.events(after: 950, most: 10).lost(after: 950) == 0)
        #expect(store.byteCount < 100 * 40)
    }

    @Test func bytesAreBounded() {
        var bounds = EventStore.Bounds()
        bounds.bytes = 10_000
        let store = EventStore(bounds)
        let long = EventCgroup(CgroupPath("/" + String(repeating: "x", count: 4000)))
        for _ in 0..<50 { _ = store.append([Event(.born, Self.time, long)]) }
        #expect(store.byteCount <= 10_000)
        #expect(serials(store, after: 0) == [49, 50])
    }

    @Test func restoredEventsKeepTheirNumbersAndNewOnesFollow() {
        let store = EventStore()
        for number in [3, 4, 9] as [UInt64] {
            store.restore(StoredEvent(number, event(number)).encoded)
        }
        // A number that is not greater, or that leaves no room, is damage.
        store.restore(StoredEvent(4, event(4)).encoded)
        store.restore(StoredEvent(.max, event(1)).encoded)
        store.restore([1, 2, 3])
        _ = store.append([event(10)])
        #expect(serials(store, after: 0).prefix(4) == [3, 4, 9, 10])
        #expect(store.newest(2, of: EventSelection()).map(\.serial) == [9, 10])
    }

    @Test func selectionCombinesKindsTimesAndPattern() throws {
        let store = EventStore()
        _ = store.append((1...9).map { event($0, $0 % 2 == 0 ? .died : .born) })
        _ = store.append([Event(.gap, Self.time)])
        func found(_ selection: EventSelection, _ most: Int = 100) -> [UInt64] {
            store.newest(most, of: selection).map(\.serial)
        }
        #expect(found(EventSelection()) == Array(1...10))
        #expect(found(EventSelection(kinds: [.died, .gap])) == [2, 4, 6, 8, 10])
        #expect(found(EventSelection(since: 3, until: 5)) == [3, 4, 5])
        #expect(found(EventSelection(kinds: [.born]), 2) == [7, 9])
        let pattern = try #require(PathPattern("/c[1-3]"))
        #expect(found(EventSelection(pattern: pattern)) == [1, 2, 3])
        #expect(try EventKind.list(parsing: "oom-kill, died") == [.oomKill, .died])
        #expect(throws: EventKind.Mistake.self) { try EventKind.list(parsing: "death") }
        #expect(throws: EventKind.Mistake.self) { try EventKind.list(parsing: ",") }
    }

    /// 5,000 births a second, 10,000 OOM kills a minute.
    @Test func stormsAreCountedAndFolded() {
        var bounds = EventStore.Bounds()
        bounds.count = 80_000
        let store = EventStore(bounds)
        var fold = EventFold()
        var given: [EventKind: UInt64] = [:]
        for tick in 0..<600 as Range<UInt64> {
            let births = (0..<500).map { event(tick * 500 + $0) }
            let kills = (0..<17).map { event(tick * 17 + $0, .oomKill) }
            given[.born, default: 0] += 500
            given[.oomKill, default: 0] += 17
            _ = store.append(fold.take(births + kills, now: tick * 100_000_000))
        }
        _ = store.append(fold.flush())
        let kept = store.newest(.max, of: EventSelection()).map(\.event)
        func count(_ kind: EventKind) -> UInt64 {
            kept.filter { $0.kind == kind }.reduce(0) { $0 + max($1.folded, 1) }
        }
        #expect(count(.born) == given[.born])
        #expect(kept.filter { $0.kind == .oomKill && $0.folded == 0 }.count == 600 * 17)
        #expect(kept.filter { $0.kind == .born && $0.folded == 0 }.count == 60 * 800)
        #expect(store.byteCount <= EventStore.Bounds().bytes)
    }

    @Test func eventsOfACgroupExcludeFoldedOnesOfOtherParts() {
        var selection = EventSelection()
        selection.line = CgroupPath("/a/b")
        func isSelected(_ event: Event) -> Bool { selection.contains(event) }
        func folded(_ subtree: String?) -> Event {
            let details = subtree.map { [EventField.subtree: EventValue.path(CgroupPath($0))] }
            return Event(.born, Self.time, nil, details ?? [:], folded: 37)
        }
        #expect(isSelected(Event(.pressure, Self.time)))
        #expect(isSelected(Event(.born, Self.time, EventCgroup(CgroupPath("/a")))))
        #expect(isSelected(folded("/a")))
        #expect(!isSelected(folded("/a/c")) && !isSelected(folded("/x")))
        #expect(!isSelected(folded(nil)))
    }
}
