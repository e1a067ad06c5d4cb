internal import Glibc
internal import Synchronization

/// Points at which tests kill the process.
///
/// `CGWARDEN_CRASH_AT` selects one by its position, counted from 1 in the order of execution.
package enum CrashPoint {
    private static let wanted = Environment.value("CGWARDEN_CRASH_AT").flatMap { Int($0) }
    private static let passed = Atomic<Int>(0)

    /// Whether the next point is the selected one.
    package static var isNext: Bool {
        guard let wanted else { return false }
        return passed.load(ordering: .relaxed) + 1 == wanted
    }

    /// Passes a crash point; at the selected one, kills the process with SIGKILL, as an OOM kill
    /// would.
    package static func pass() {
        guard let wanted else { return }
        if passed.wrappingAdd(1, ordering: .relaxed).newValue == wanted { kill(getpid(), SIGKILL) }
    }
}
