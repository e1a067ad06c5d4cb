/// A Linux capability, identified by its bit.
package struct Capability: Hashable, Sendable, Comparable {
    /// The bit in the masks of `/proc/PID/status`, 0 to 63.
    package let bit: Int

    /// Creates a capability from its bit.
    package init(bit: Int) { self.bit = bit }

    /// The name as in capabilities(7), in lower case; `cap_N` for one that this program does not
    /// know.
    package var name: String {
        Self.names.indices.contains(bit) ? "cap_" + Self.names[bit] : "cap_\(bit)"
    }

    /// The highest capability with a known name: `cap_checkpoint_restore`, since Linux 5.9.
    package static let lastKnown = Capability(bit: names.count - 1)

    /// Orders capabilities by bit.
    package static func < (left: Capability, right: Capability) -> Bool { left.bit < right.bit }

    private static let names = [
        "chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid",
        "setuid", "setpcap", "linux_immutable", "net_bind_service", "net_broadcast", "net_admin",
        "net_raw", "ipc_lock", "ipc_owner", "sys_module", "sys_rawio", "sys_chroot", "sys_ptrace",
        "sys_pacct", "sys_admin", "sys_boot", "sys_nice", "sys_resource", "sys_time",
        "sys_tty_config", "mknod", "lease", "audit_write", "audit_control", "setfcap",
        "mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read",
        "perfmon", "bpf", "checkpoint_restore",
    ]
}
