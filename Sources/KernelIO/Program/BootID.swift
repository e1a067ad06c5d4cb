internal import CgroupModel

/// The identifier of the host's current boot.
package enum BootID {
    /// The content of `/proc/sys/kernel/random/boot_id`; empty if it cannot be read.
    package static let current: String = {
        let text = try? ReadBuffer.contents(of: Array("/proc/sys/kernel/random/boot_id".utf8))
        return (text ?? []).firstWord
    }()
}
