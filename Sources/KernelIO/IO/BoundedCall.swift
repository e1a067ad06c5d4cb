internal import Glibc
internal import Synchronization

/// A system call on an open file that may keep its caller in the kernel for long: it is made on a
/// thread of its own, so that the caller need not wait for its end.
final class BoundedCall: Sendable {
    private let file: OwnedDescriptor
    private let call: @Sendable (Int32) -> Int32
    private let code = Mutex<Int32?>(nil)

    /// Starts it; the file is open until it has ended.
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
            // No thread can be had: it is made here, however long it takes.
            unsafe Unmanaged<BoundedCall>.fromOpaque(context).takeRetainedValue().run()
        }
    }

    private func run() {
        let result = call(file.number)
        code.withLock { $0 = result }
    }

    /// What the call returned; nil if it has not by then.
    func result(within time: Duration) -> Int32? {
        _ = Deadline(after: time).wait { code.withLock { $0 } != nil }
        return code.withLock { $0 }
    }
}
