internal import KernelIO
internal import Synchronization

/// A thread that does one thing after the other, each of which may block in the kernel.
final class SlowLane: Sendable {
    private struct Work {
        var jobs: [@Sendable () -> Void] = []
        var isClosed = false
    }

    private let bell: EventFlag
    private let ended: EventFlag
    private let work = Mutex(Work())

    /// Starts the thread.
    init(_ name: String) throws(IOError) {
        bell = try EventFlag()
        ended = try EventFlag()
        try WorkerThread.start(name) { [self] in run() }
    }

    /// Adds something to be done.
    func add(_ job: @escaping @Sendable () -> Void) {
        work.withLock { $0.jobs.append(job) }
        bell.raise()
    }

    /// Lets the thread end once all is done; `waits` for that, but not for long.
    func close(waits: Bool) {
        work.withLock { $0.isClosed = true }
        bell.raise()
        guard waits else { return }
        var list = PollList()
        list.add(ended.descriptor.number)
        list.wait(milliseconds: 2000)
    }

    private func run() {
        var list = PollList()
        list.add(bell.descriptor.number)
        while true {
            list.wait(milliseconds: nil)
            bell.lower()
            let (jobs, isClosed) = work.withLock { work in
                defer { work.jobs = [] }
                return (work.jobs, work.isClosed)
            }
            for job in jobs { job() }
            if isClosed { return ended.raise() }
        }
    }
}
