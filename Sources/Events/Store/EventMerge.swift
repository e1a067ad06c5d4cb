/// Merges the events of a store with those of its journal by number, each event once.
///
/// Each side can lack events of the other: the store is bounded, and removes the oldest event of
/// its largest class first; the journal lacks what could not be written.
package struct EventMerge: Sendable {
    private var inMemory: ArraySlice<StoredEvent>
    private let last: UInt64

    /// Creates a merge of the store's events, the oldest first.
    ///
    /// Events of the journal beyond the number `last` are omitted: they are newer than the store's.
    package init(_ inMemory: [StoredEvent], last: UInt64) {
        self.inMemory = inMemory[...]
        self.last = last
    }

    /// Returns the events up to the journal's next one: first the store's earlier events, which are
    /// not on disk, then the event itself.
    package mutating func next(onDisk event: StoredEvent) -> [Event] {
        guard event.serial <= last else { return [] }
        let earlier = inMemory.prefix { $0.serial < event.serial }
        inMemory = inMemory[earlier.endIndex...]
        if inMemory.first?.serial == event.serial { inMemory.removeFirst() }
        return earlier.map(\.event) + [event.event]
    }

    /// Returns the store's remaining events, after the end of the journal.
    package mutating func rest() -> [Event] {
        defer { inMemory = [] }
        return inMemory.map(\.event)
    }
}
