/// A whole disk, from its line of `/proc/diskstats`.
public struct DiskSample: Hashable, Sendable {
    /// Its device number.
    public var device: InstanceKey
    /// Time in which it had requests to work on, in microseconds since boot.
    public var busy: Reading
    /// The same when it was read before; absent for a disk that was not there.
    public var previousBusy: Reading

    /// Joins the parts.
    public init(device: InstanceKey, busy: Reading, previousBusy: Reading = .absent) {
        self.device = device
        self.busy = busy
        self.previousBusy = previousBusy
    }
}

extension Snapshot {
    /// The share of time in which a disk of the machine was busy, 0 to 1; nil before the second
    /// reading and for a disk that was never used.
    public func diskUtilisation(_ device: InstanceKey) -> Double? {
        guard let disk = host.disks.first(where: { $0.device == device }),
            let busy = disk.busy.growth(from: disk.previousBusy),
            let seconds = tierTimes[Tier.tick.rawValue].seconds
        else { return nil }
        return min(Double(busy) / 1e6 / seconds, 1)
    }
}

extension Reading {
    /// How far a counter moved; nil without two readings, and after a reset.
    func growth(from old: Reading) -> UInt64? {
        guard let new = value, let old = old.value, new >= old else { return nil }
        return new - old
    }
}
