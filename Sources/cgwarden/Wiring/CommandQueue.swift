import LiveView
import Reports

/// The live view's orders: those that wait for a thread, and the reports of those that ended.
struct CommandQueue {
    var waiting: [CommandOrder] = []
    var done: [CommandReport] = []
    /// The number of threads that run orders.
    var threads = 0
    /// Whether a change is running; further changes wait until it ends or is given up.
    var isChanging = false

    /// Removes and returns the next order to run; nil if none can start.
    mutating func next() -> CommandOrder? {
        let index = waiting.firstIndex { $0.purpose != .change || !isChanging }
        guard let index else { return nil }
        if waiting[index].purpose == .change { isChanging = true }
        return waiting.remove(at: index)
    }

    /// Reports an order as failed if it still waits; another thread may already run it.
    mutating func fail(_ number: Int, _ reason: String) {
        guard let index = waiting.firstIndex(where: { $0.number == number }) else { return }
        let order = waiting.remove(at: index)
        let failure = CommandReport.Result(status: ExitStatus.osError.rawValue, lines: [reason])
        done.append(
            CommandReport(order: order, results: order.commands.map { _ in failure }))
    }
}
