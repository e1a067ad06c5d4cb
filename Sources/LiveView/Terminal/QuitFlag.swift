import Synchronization

/// A flag that ends the live view, set from another thread or a signal handler.
public final class QuitFlag: Sendable {
    private let isSet = Atomic(false)

    /// Creates a flag that is not set.
    public init() {}

    /// Sets the flag; the view ends within a fraction of a second.
    public func request() { isSet.store(true, ordering: .relaxed) }

    /// Whether the flag is set.
    public var isRequested: Bool { isSet.load(ordering: .relaxed) }
}
