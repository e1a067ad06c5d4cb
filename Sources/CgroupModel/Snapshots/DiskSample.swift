/// A whole disk, from its line of `/proc/diskstats`.
package struct DiskSample: Hashable, Sendable {
    /// The device number.
    package var device: InstanceKey
    /// The time with requests in progress, in microseconds since boot.
    package var busy: Reading
    /// ``busy`` at the previous read; absent for a new disk.
    package var previousBusy: Reading

    /// Creates a sample from a device number and its busy times.
    package init(device: InstanceKey, busy: Reading, previousBusy: Reading = .absent) {
        self.device = device
        self.busy = busy
        self.previousBusy = previousBusy
    }
}

extension Snapshot {
    /// The share of time in which a disk was busy, 0 to 1.
    ///
    /// Nil before the second read, and for a disk without any activity.
    package func diskUtilization(_ device: InstanceKey) -> Double? {
        guard let disk = host.disks.first(where: { $0.device == device }),
            let busy = disk.busy.growth(from: disk.previousBusy),
            let seconds = tierTimes[Tier.tick.rawValue].seconds
        else { return nil }
        return min(Double(busy) / 1e6 / seconds, 1)
    }
}

extension Reading {
    /// The increase of a counter; nil without two readings, and after a reset.
    func growth(from old: Reading) -> UInt64? {
        guard let new = value, let old = old.value, new >= old else { return nil }
        return new - old
    }
}
