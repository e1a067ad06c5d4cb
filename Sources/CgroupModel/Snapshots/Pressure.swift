/// A line of a pressure file: the time lost to waiting for a resource.
///
/// `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`, see Documentation/accounting/psi.rst.
package struct PressureShare: Hashable, Sendable {
    /// The share of the last 10 s in hundredths of a percent.
    package var avg10: Reading
    /// The share of the last 60 s in hundredths of a percent.
    package var avg60: Reading
    /// The share of the last 300 s in hundredths of a percent.
    package var avg300: Reading
    /// The total time since boot in microseconds.
    package var total: Reading

    /// Sets all four fields to the same reading, usually a reason.
    package init(all reading: Reading = .absent) {
        avg10 = reading
        avg60 = reading
        avg300 = reading
        total = reading
    }
}

/// A pressure file of the host, `/proc/pressure/RESOURCE`.
package struct Pressure: Hashable, Sendable {
    /// The time in which at least one task waited.
    package var some: PressureShare
    /// The time in which all non-idle tasks waited; before Linux 5.13, the CPU has none.
    package var full: PressureShare

    /// Sets all fields to the same reading, usually a reason.
    package init(all reading: Reading = .absent) {
        some = PressureShare(all: reading)
        full = PressureShare(all: reading)
    }
}

/// The pressure files of the host; all absent if the kernel has none (CONFIG_PSI, `psi=0`).
package struct HostPressure: Hashable, Sendable {
    /// `/proc/pressure/cpu`.
    package var cpu = Pressure()
    /// `/proc/pressure/memory`.
    package var memory = Pressure()
    /// `/proc/pressure/io`.
    package var io = Pressure()
    /// `/proc/pressure/irq`, which has no `some` (since Linux 6.1, CONFIG_IRQ_TIME_ACCOUNTING).
    package var irq = Pressure()

    /// Creates a value without readings.
    package init() {}
}
