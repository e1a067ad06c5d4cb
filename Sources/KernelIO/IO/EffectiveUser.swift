internal import Glibc

/// The effective user of this process.
public enum EffectiveUser {
    /// Whether the user is root (geteuid(2)).
    public static var isRoot: Bool { geteuid() == 0 }

    /// The user ID.
    public static var number: UInt32 { geteuid() }
}
