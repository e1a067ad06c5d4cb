/// A set of capabilities.
package struct CapabilitySet: Hashable, Sendable {
    /// One bit for each capability.
    package let mask: UInt64

    /// Creates a set from a mask, which `/proc/PID/status` prints in hexadecimal.
    package init(mask: UInt64) { self.mask = mask }

    /// The capabilities in the set, lowest bit first.
    package var capabilities: [Capability] {
        (0..<64).filter { mask >> UInt64($0) & 1 == 1 }.map(Capability.init(bit:))
    }

    /// Their names, lowest bit first.
    package var names: [String] { capabilities.map(\.name) }

    /// A summary: `none`, `all`, `all but cap_sys_resource`, or the names.
    ///
    /// `last` is the kernel's own last capability (`/proc/sys/kernel/cap_last_cap`).
    package func text(last: Capability = .lastKnown) -> String {
        if mask == 0 { return "none" }
        let all = CapabilitySet(mask: .max >> UInt64(63 - min(max(last.bit, 0), 63)))
        let missing = CapabilitySet(mask: all.mask & ~mask)
        if mask & ~all.mask == 0 {
            if missing.mask == 0 { return "all" }
            if missing.mask.nonzeroBitCount <= 8, missing.mask.nonzeroBitCount < last.bit / 2 {
                return "all but " + missing.names.joined(separator: " ")
            }
        }
        return names.joined(separator: " ")
    }
}
