internal import Glibc

/// On whose behalf the program runs.
public enum EffectiveUser {
    /// Whether it is root (geteuid(2)).
    public static var isRoot: Bool { geteuid() == 0 }

    /// The user's number.
    public static var number: UInt32 { geteuid() }
}
