internal import CLinux
internal import Glibc

/// Runs an actor on a thread of its own, since reading cgroup files may block in the kernel.
///
/// With a descriptor table of its own (unshare(2), CLONE_FILES) the thread has its own room below
/// RLIMIT_NOFILE; files that it opens are open on it alone.
@safe public final class ThreadExecutor: SerialExecutor, @unchecked Sendable {
    // All state below is guarded by `mutex`; the jobs run on the one thread only.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var jobs: [UnownedJob] = []
    private let name: String
    private let ownDescriptorTable: Bool

    /// Starts the thread.
    public init(name: String, ownDescriptorTable: Bool = false) {
        self.name = name
        self.ownDescriptorTable = ownDescriptorTable
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(condition, nil)
        var thread = pthread_t()
        // The thread lives as long as the process: actors on it may be resumed at any time.
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<ThreadExecutor>.fromOpaque(context).takeUnretainedValue().run()
                return nil
            }, context)
        pthread_detach(thread)
    }

    /// Queues a job of the actor.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        unsafe pthread_mutex_lock(mutex)
        jobs.append(job)
        unsafe pthread_cond_signal(condition)
        unsafe pthread_mutex_unlock(mutex)
    }

    private func run() {
        unsafe cgw_name_thread(name)
        if ownDescriptorTable, cgw_own_descriptor_table() != 0 {
            // Without a table of its own the thread still works, within the shared limit.
            unsafe cgw_name_thread("\(name)*")
        }
        while true {
            unsafe pthread_mutex_lock(mutex)
            while jobs.isEmpty { unsafe pthread_cond_wait(condition, mutex) }
            let batch = jobs
            jobs.removeAll(keepingCapacity: true)
            unsafe pthread_mutex_unlock(mutex)
            for job in batch { unsafe job.runSynchronously(on: asUnownedSerialExecutor()) }
        }
    }
}
