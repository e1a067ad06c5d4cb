internal import KernelIO
internal import Synchronization

/// Asks the thread of a hook to end the hook before its timeout.
final class HookStop: Sendable {
    /// The ending of a hook that was asked to end.
    static let ending = HookEnding.failed("stopped, because the daemon is stopping")

    private let flag: EventFlag
    private let asked = Atomic(false)

    init() throws(IOError) { flag = try EventFlag() }

    /// Readable for poll(2) once it was asked to end.
    var number: Int32 { flag.descriptor.number }
    var isAsked: Bool { asked.load(ordering: .acquiring) }

    func ask() {
        asked.store(true, ordering: .releasing)
        flag.raise()
    }
}
