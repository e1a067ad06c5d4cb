/// Control files that may write through systemd, or that wrap such files.
package protocol SystemdRouting: ControlFiles {
    /// The same files with writes through systemd; nil if every file is written directly.
    var throughSystemd: OwnerAwareFiles? { get }
}

extension ControlFiles {
    /// The same files with writes through systemd; nil if every file is written directly.
    package var systemd: OwnerAwareFiles? { (self as? any SystemdRouting)?.throughSystemd }
}
