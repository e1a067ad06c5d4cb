internal import KernelIO
internal import Synchronization

/// A thread that performs jobs one after the other, each of which may block in the kernel.
final class SlowLane: Sendable {
    private struct Work {
        var jobs: [@Sendable () -> Void] = []
        var isClosed = false
    }

    private let bell: EventFlag
    private let work = Mutex(Work())

    /// Starts the thread.
    init(_ name: String) throws(IOError) {
        bell = try EventFlag()
        try WorkerThread.start(name) { [self] in run() }
    }

    /// Adds a job.
    func add(_ job: @escaping @Sendable () -> Void) {
        work.withLock { $0.jobs.append(job) }
        bell.raise()
    }

    /// Ends the thread after the remaining jobs.
    func close() {
        work.withLock { $0.isClosed = true }
        bell.raise()
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
            if isClosed { return }
        }
    }
}
