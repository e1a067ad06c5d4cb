internal import Glibc
internal import Synchronization

/// A system call on an open file that may block for a long time in the kernel.
///
/// It runs on a thread of its own, so the caller can stop waiting for it.
final class BoundedCall: Sendable {
    private let file: OwnedDescriptor
    private let call: @Sendable (Int32) -> Int32
    private let code = Mutex<Int32?>(nil)

    /// Starts the call; the file stays open until the call returns.
    init(_ file: consuming OwnedDescriptor, _ call: @escaping @Sendable (Int32) -> Int32) {
        self.file = file
        self.call = call
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        let failure = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<BoundedCall>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context)
        if failure == 0 {
            pthread_detach(thread)
        } else {
            // No thread could be created: make the call here, however long it takes.
            unsafe Unmanaged<BoundedCall>.fromOpaque(context).takeRetainedValue().run()
        }
    }

    private func run() {
        let result = call(file.number)
        code.withLock { $0 = result }
    }

    /// The result of the call; nil if it has not returned within the time.
    func result(within time: Duration) -> Int32? {
        _ = Deadline(after: time).wait { code.withLock { $0 } != nil }
        return code.withLock { $0 }
    }
}
