internal import Synchronization

/// Limits the number of requests that are answered at the same time.
final class RequestSlots: Sendable {
    /// The right to answer one request; released when the last reference goes away.
    final class Slot: Sendable {
        private let slots: RequestSlots

        fileprivate init(_ slots: RequestSlots) { self.slots = slots }

        deinit { slots.taken.subtract(1, ordering: .relaxed) }
    }

    private let most: Int
    private let taken = Atomic(0)

    /// Allows at most `most` requests at a time; 0 means no limit.
    init(most: Int) { self.most = most }

    /// Takes a slot; nil if all are taken.
    func take() -> Slot? {
        let before = taken.add(1, ordering: .relaxed).oldValue
        let slot = Slot(self)
        return most == 0 || before < most ? slot : nil
    }
}
