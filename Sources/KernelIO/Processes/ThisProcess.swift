internal import Glibc

/// The identity of this process.
package enum ThisProcess {
    /// The effective user ID (geteuid(2)).
    package static var user: UInt32 { geteuid() }

    /// The process ID (getpid(2)).
    package static var id: Int32 { getpid() }
}
