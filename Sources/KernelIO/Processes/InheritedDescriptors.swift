internal import Glibc

/// The descriptors that this process was started with.
///
/// The process opens all its own files close-on-exec, so the others are those.
package enum InheritedDescriptors {
    /// Whether a descriptor is one of them and open.
    package static func contains(_ number: Int32) -> Bool { fcntl(number, F_GETFD) == 0 }
}
