internal import Glibc
internal import Synchronization

/// Places at which tests kill the process: the one whose number `CGWARDEN_CRASH_AT` holds, counted
/// from 1 as the process comes along them.
public enum CrashPoint {
    private static let wanted = Environment.value("CGWARDEN_CRASH_AT").flatMap { Int($0) }
    private static let passed = Atomic<Int>(0)

    /// Whether any place is chosen.
    public static var isArmed: Bool { wanted != nil }

    /// Whether the next place is the chosen one.
    public static var isNext: Bool {
        guard let wanted else { return false }
        return passed.load(ordering: .relaxed) + 1 == wanted
    }

    /// Comes along a place; kill(2) with SIGKILL, as an OOM kill would, if it is the chosen one.
    public static func pass() {
        guard let wanted else { return }
        if passed.wrappingAdd(1, ordering: .relaxed).newValue == wanted { kill(getpid(), SIGKILL) }
    }
}
