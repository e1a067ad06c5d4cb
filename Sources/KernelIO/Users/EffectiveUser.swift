internal import Glibc

/// The effective user of this process.
package enum EffectiveUser {
    /// Whether the user is root (geteuid(2)).
    package static var isRoot: Bool { geteuid() == 0 }

    /// The user ID.
    package static var number: UInt32 { geteuid() }
}
