import Testing

@testable import LiveView
@testable import cgwarden

/// The live view's orders, which several threads run.
@Suite struct CommandQueueTests {
    private func order(_ number: Int, _ purpose: CommandOrder.Purpose = .look) -> CommandOrder {
        CommandOrder(number: number, purpose: purpose, commands: [["status"], ["doctor"]])
    }

    @Test func waitingOrderThatCannotStartFailsOnce() {
        var queue = CommandQueue()
        queue.waiting = [order(1), order(2)]
        queue.fail(2, "no thread")
        queue.fail(2, "no thread")
        #expect(queue.waiting.map(\.number) == [1] && queue.done.map(\.order.number) == [2])
        #expect(queue.done.first?.results.map(\.status) == [71, 71])
    }

    /// Another thread may have taken the order before its own failed to start.
    @Test func orderThatAnotherThreadRunsDoesNotFail() {
        var queue = CommandQueue()
        queue.waiting = [order(1)]
        #expect(queue.next()?.number == 1)
        queue.fail(1, "no thread")
        #expect(queue.done.isEmpty)
    }

    @Test func changeWaitsForTheOneBeforeIt() {
        var queue = CommandQueue()
        queue.waiting = [order(1, .change), order(2, .change), order(3)]
        #expect(queue.next()?.number == 1)
        #expect(queue.next()?.number == 3)
        #expect(queue.next() == nil)
        queue.isChanging = false
        #expect(queue.next()?.number == 2)
    }
}
