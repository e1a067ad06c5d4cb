internal import KernelIO
internal import Synchronization

/// Tells the thread of a hook to end the hook before its time is up.
final class HookStop: Sendable {
    /// How a hook ends that was told to.
    static let ending = HookEnding.failed("ended because the daemon stops")

    private let flag: EventFlag
    private let asked = Atomic(false)

    init() throws(IOError) { flag = try EventFlag() }

    /// Readable for poll(2) once it was asked.
    var number: Int32 { flag.descriptor.number }
    var isAsked: Bool { asked.load(ordering: .acquiring) }

    func ask() {
        asked.store(true, ordering: .releasing)
        flag.raise()
    }
}
