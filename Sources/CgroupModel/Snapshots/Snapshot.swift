/// A cgroup without its values.
package struct CgroupEntry: Hashable, Sendable {
    /// The path; a label, not the identity.
    package let path: CgroupPath
    /// The identity: the same path with another generation is another cgroup.
    package let id: CgroupID
    /// The index of the parent in ``Snapshot/cgroups``; nil for a topmost cgroup.
    package let parent: Int?
    /// The controllers of the hierarchies in which the path exists.
    package let controllers: [Controller]
    /// The location of its values.
    package let row: RowLocation

    /// Creates an entry from a path, an identity, the parent's index, controllers and a row.
    package init(
        path: CgroupPath, id: CgroupID, parent: Int?, controllers: [Controller], row: RowLocation
    ) {
        self.path = path
        self.id = id
        self.parent = parent
        self.controllers = controllers
        self.row = row
    }
}

/// The identity of a cgroup.
package struct CgroupID: Hashable, Sendable {
    /// The inode of the directory in the first of its hierarchies (memory, then cpu, then the
    /// others).
    package let inode: UInt64
    /// Increases with each cgroup that the sampler finds, so it is never reused.
    package let generation: UInt64

    /// Creates an identity from an inode and a generation.
    package init(inode: UInt64, generation: UInt64) {
        self.inode = inode
        self.generation = generation
    }
}

/// The location of a cgroup's values in a snapshot.
package struct RowLocation: Hashable, Sendable {
    /// The index in ``Snapshot/blocks``.
    package let block: Int
    /// The row in that block.
    package let row: Int

    /// Creates a location from a block and a row.
    package init(block: Int, row: Int) {
        self.block = block
        self.row = row
    }
}

/// The values of many cgroups, row by row.
package struct RowBlock: Hashable, Sendable {
    /// The raw readings, ``Schema/width`` per row.
    package var values: [UInt64]
    /// The counters at the previous read of their files, ``Schema/counterCount`` per row.
    package var previous: [UInt64]
    /// The instance values, row by row.
    package var instances: [InstanceReading]
    /// The index of each row's first instance, and a final index for the end.
    package var instanceStarts: [Int]

    /// Creates a block from the values of its rows.
    package init(
        values: [UInt64], previous: [UInt64], instances: [InstanceReading], instanceStarts: [Int]
    ) {
        self.values = values
        self.previous = previous
        self.instances = instances
        self.instanceStarts = instanceStarts
    }
}

/// The times of the last two reads of a tier, in nanoseconds of CLOCK_BOOTTIME, which counts
/// suspend.
package struct TierTimes: Hashable, Sendable {
    /// The time of the last read; 0 for never.
    package var now: UInt64
    /// The time of the read before; 0 for never.
    package var before: UInt64

    /// Creates a value from the times of the last two reads.
    package init(now: UInt64, before: UInt64) {
        self.now = now
        self.before = before
    }

    /// The time between the two reads in seconds; nil if there was only one.
    package var seconds: Double? {
        before > 0 && now > before ? Double(now - before) / 1e9 : nil
    }
}

/// All cgroups at one instant, with the previous values of their counters.
///
/// A snapshot is immutable and contains its own baseline, so rates need no other snapshot.
/// ``rate(_:_:)`` always compares readings of the same cgroup.
package struct Snapshot: Sendable, Hashable {
    /// The number of the sampler's tick; 0 for a listing.
    package let tick: UInt64
    /// The time in microseconds since 1970.
    package let wallTime: UInt64
    /// The times of the last readings of each tier.
    package let tierTimes: [TierTimes]
    /// The columns of the values.
    package let schema: Schema
    /// The cgroups in ``CgroupPath`` order: descendants directly follow their ancestor.
    package let cgroups: [CgroupEntry]
    /// The values.
    package let blocks: [RowBlock]
    /// The host as a whole.
    package let host: HostSample
    /// Statistics on the sampling.
    package let health: SampleHealth
    /// The generations of the cgroups in it that no longer exist; see ``adding(_:)``.
    package internal(set) var departed: Set<UInt64> = []
    /// The times at which the settings of single rows were read, in nanoseconds of CLOCK_BOOTTIME.
    ///
    /// Only for rows read later than the tier, because a setting was written or the cgroup is new.
    /// Empty in a recording.
    package var settingsReads: [RowLocation: UInt64] = [:]

    /// Whether the snapshot only lists the cgroups, before any of their files was read.
    package var isListing: Bool { tick == 0 }

    /// The time at which a tier of a cgroup was last read, in nanoseconds of CLOCK_BOOTTIME.
    package func timeRead(_ index: Int, _ tier: Tier) -> UInt64 {
        let own = tier == .settings ? settingsReads[cgroups[index].row] : nil
        return own ?? tierTimes[tier.rawValue].now
    }

    /// Creates a snapshot from its cgroups, their values, and the state of the host and sampler.
    package init(
        tick: UInt64, wallTime: UInt64, tierTimes: [TierTimes], schema: Schema,
        cgroups: [CgroupEntry], blocks: [RowBlock], host: HostSample, health: SampleHealth
    ) {
        self.tick = tick
        self.wallTime = wallTime
        self.tierTimes = tierTimes
        self.schema = schema
        self.cgroups = cgroups
        self.blocks = blocks
        self.host = host
        self.health = health
    }

    /// A value of the cgroup at `index`; absent if the snapshot does not contain the metric.
    package subscript(index: Int, metric: MetricID) -> Reading {
        guard let column = schema.column(of: metric) else { return .absent }
        let place = cgroups[index].row
        return Reading(
            rawValue: blocks[place.block].values[place.row * schema.width + column])
    }

    /// The value in a column of ``schema`` at a row.
    package func reading(_ place: RowLocation, column: Int) -> Reading {
        Reading(rawValue: blocks[place.block].values[place.row * schema.width + column])
    }

    /// A counter at the previous read of its file; absent for a new cgroup.
    package func previous(_ index: Int, _ metric: MetricID) -> Reading {
        guard let column = schema.column(of: metric), column < schema.counterCount else {
            return .absent
        }
        let place = cgroups[index].row
        return Reading(
            rawValue: blocks[place.block].previous[place.row * schema.counterCount + column])
    }

    /// The instance values of the cgroup at `index`, in the order of the kernel's files.
    package func instances(_ index: Int) -> ArraySlice<InstanceReading> {
        let place = cgroups[index].row
        let block = blocks[place.block]
        return block.instances[
            block.instanceStarts[place.row]..<block.instanceStarts[place.row + 1]]
    }

    /// The index of a path; nil if the cgroup does not exist.
    package func index(of path: CgroupPath) -> Int? {
        var low = 0
        var high = cgroups.count
        while low < high {
            let middle = (low + high) / 2
            if cgroups[middle].path < path { low = middle + 1 } else { high = middle }
        }
        return low < cgroups.count && cgroups[low].path == path ? low : nil
    }
}
