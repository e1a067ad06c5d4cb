/// A property of a systemd unit that sets a limit (org.freedesktop.systemd1(5)).
package struct UnitProperty: Hashable, Sendable {
    /// The D-Bus name: `MemoryMax`.
    package let name: String
    /// The first version of systemd that can set it at run time.
    package let since: Int
    /// The form of its value.
    package let form: Form

    /// The form of a property's value.
    package enum Form: Hashable, Sendable {
        /// The number in the file; all ones means unlimited.
        case number
        /// The weight that corresponds to the number in the file.
        case weight
        /// A Boolean for 0 or 1.
        case flag
        /// A weight of 0 for an idle cgroup; all ones, which is unset, for any other.
        case idle
        /// The quota in microseconds per second, which is set together with the period.
        case quota
        /// The period of the quota in microseconds.
        case period
        /// A bit mask for a list of CPUs or memory nodes.
        case mask
        /// A number for one device; all ones means unlimited.
        case perDevice
    }

    /// Creates a property from its name, the first systemd version that has it, and its form.
    package init(_ name: String, since: Int, _ form: Form = .number) {
        self.name = name
        self.since = since
        self.form = form
    }
}
