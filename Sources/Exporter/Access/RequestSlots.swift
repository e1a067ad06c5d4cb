internal import Synchronization

/// How many requests are answered at the same time.
final class RequestSlots: Sendable {
    /// One request's right to be answered; given back when nothing holds it any more.
    final class Slot: Sendable {
        private let slots: RequestSlots

        fileprivate init(_ slots: RequestSlots) { self.slots = slots }

        deinit { slots.taken.subtract(1, ordering: .relaxed) }
    }

    private let most: Int
    private let taken = Atomic(0)

    /// 0 for no limit.
    init(most: Int) { self.most = most }

    /// Nil if all are taken.
    func take() -> Slot? {
        let before = taken.add(1, ordering: .relaxed).oldValue
        let slot = Slot(self)
        return most == 0 || before < most ? slot : nil
    }
}
