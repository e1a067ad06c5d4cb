internal import CLinux
internal import Glibc

/// Runs an actor on a thread of its own, because reading cgroup files may block in the kernel.
///
/// With its own descriptor table (unshare(2), CLONE_FILES), the thread has the whole RLIMIT_NOFILE
/// to itself. Only this thread can use the files it opens.
@safe package final class ThreadExecutor: SerialExecutor, @unchecked Sendable {
    // `mutex` guards all state below; jobs run on this one thread only.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var jobs: [UnownedJob] = []
    private let name: String
    private let ownDescriptorTable: Bool

    /// Starts the thread.
    package init(name: String, ownDescriptorTable: Bool = false) {
        self.name = name
        self.ownDescriptorTable = ownDescriptorTable
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(condition, nil)
        var thread = pthread_t()
        // The thread lives as long as the process: actors on it may resume at any time.
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
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        unsafe pthread_mutex_lock(mutex)
        jobs.append(job)
        unsafe pthread_cond_signal(condition)
        unsafe pthread_mutex_unlock(mutex)
    }

    private func run() {
        unsafe cgw_name_thread(name)
        if ownDescriptorTable, cgw_own_descriptor_table() != 0 {
            // The thread still works with the shared table and limit; the asterisk marks that.
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
