import Synchronization

/// Asks the live view from another thread, or from a signal handler, to end.
public final class QuitFlag: Sendable {
    private let isSet = Atomic(false)

    /// Not asked yet.
    public init() {}

    /// Asks; the view ends within a fraction of a second.
    public func request() { isSet.store(true, ordering: .relaxed) }

    /// Whether someone asked.
    public var isRequested: Bool { isSet.load(ordering: .relaxed) }
}
