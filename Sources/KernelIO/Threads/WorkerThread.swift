internal import CLinux
internal import Glibc

/// A thread for work that may block in the kernel.
package enum WorkerThread {
    private final class Work: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Runs a closure on a new thread, which ends with it (pthread_create(3)).
    package static func start(
        _ name: String, _ body: @escaping @Sendable () -> Void
    ) throws(IOError) {
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(Work(name, body)).toOpaque()
        let code = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                let work = unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue()
                unsafe cgw_name_thread(work.name)
                work.body()
                return nil
            }, context)
        guard code == 0 else {
            unsafe Unmanaged<Work>.fromOpaque(context).release()
            throw IOError("start", "a thread", code: code)
        }
        pthread_detach(thread)
    }
}
