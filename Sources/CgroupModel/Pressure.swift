/// One line of a pressure file: how much time was lost to waiting for a resource.
///
/// `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`, see Documentation/accounting/psi.rst.
public struct PressureShare: Hashable, Sendable {
    /// The share of the last 10 s, in hundredths of a percent.
    public var avg10: Reading
    /// The same of the last minute.
    public var avg60: Reading
    /// The same of the last five minutes.
    public var avg300: Reading
    /// All of it since boot in microseconds.
    public var total: Reading

    /// The same reading, most likely a reason, four times.
    public init(all reading: Reading = .absent) {
        avg10 = reading
        avg60 = reading
        avg300 = reading
        total = reading
    }
}

/// A pressure file of the machine, `/proc/pressure/RESOURCE`.
public struct Pressure: Hashable, Sendable {
    /// Time in which some task waited.
    public var some: PressureShare
    /// Time in which every task that was not idle waited; a kernel before 5.13 has none for the CPU.
    public var full: PressureShare

    /// The same reading, most likely a reason, everywhere.
    public init(all reading: Reading = .absent) {
        some = PressureShare(all: reading)
        full = PressureShare(all: reading)
    }
}

/// The pressure files of the machine; all absent where the kernel has none (CONFIG_PSI, `psi=0`).
public struct HostPressure: Hashable, Sendable {
    /// `/proc/pressure/cpu`.
    public var cpu = Pressure()
    /// `/proc/pressure/memory`.
    public var memory = Pressure()
    /// `/proc/pressure/io`.
    public var io = Pressure()
    /// `/proc/pressure/irq`, which has no `some` (since Linux 6.1, CONFIG_IRQ_TIME_ACCOUNTING).
    public var irq = Pressure()

    /// Nothing known yet.
    public init() {}
}
