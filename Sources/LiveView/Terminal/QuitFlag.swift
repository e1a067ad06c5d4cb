import Synchronization

/// A flag that ends the live view, set from another thread or a signal handler.
package final class QuitFlag: Sendable {
    private let isSet = Atomic(false)

    /// Creates a flag that is not set.
    package init() {}

    /// Sets the flag; the view ends within a fraction of a second.
    package func request() { isSet.store(true, ordering: .relaxed) }

    /// Whether the flag is set.
    package var isRequested: Bool { isSet.load(ordering: .relaxed) }
}
