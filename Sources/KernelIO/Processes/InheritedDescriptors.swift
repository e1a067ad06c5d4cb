internal import Glibc

/// The descriptors that this process was started with.
///
/// This process opens its own files close-on-exec, so a descriptor without that flag was inherited.
package enum InheritedDescriptors {
    /// Whether a descriptor is open and was inherited (fcntl(2), F_GETFD).
    package static func contains(_ number: Int32) -> Bool { fcntl(number, F_GETFD) == 0 }
}
