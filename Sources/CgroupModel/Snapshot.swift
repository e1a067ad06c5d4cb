/// What a cgroup is, apart from its numbers.
public struct CgroupEntry: Hashable, Sendable {
    /// Where it stands; a label, not its identity.
    public let path: CgroupPath
    /// Its identity: the same path with another generation is another cgroup.
    public let id: CgroupID
    /// The position of the parent in ``Snapshot/cgroups``, nil for a topmost one.
    public let parent: Int?
    /// The controllers of the hierarchies in which this path exists.
    public let controllers: [Controller]
    /// Where its numbers are.
    public let row: RowLocation

    /// Joins the parts.
    public init(
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
public struct CgroupID: Hashable, Sendable {
    /// The directory's inode in the first of its hierarchies (memory, then cpu, then the others).
    public let inode: UInt64
    /// Counts up over all cgroups that the sampler ever saw, so it is never used twice.
    public let generation: UInt64

    /// Joins the parts.
    public init(inode: UInt64, generation: UInt64) {
        self.inode = inode
        self.generation = generation
    }
}

/// Where the numbers of a cgroup are in a snapshot.
public struct RowLocation: Hashable, Sendable {
    /// The position in ``Snapshot/blocks``.
    public let block: Int
    /// The position in that block.
    public let row: Int

    /// Joins the parts.
    public init(block: Int, row: Int) {
        self.block = block
        self.row = row
    }
}

/// The numbers of many cgroups, row by row.
public struct RowBlock: Hashable, Sendable {
    /// Raw readings, ``Schema/width`` to a row.
    public var values: [UInt64]
    /// The counters when their files were read before, ``Schema/counterCount`` to a row.
    public var previous: [UInt64]
    /// All values with a dimension, row by row.
    public var instances: [InstanceReading]
    /// Where the instances of each row begin, with one more entry for the end.
    public var instanceStarts: [Int]

    /// Joins the parts.
    public init(
        values: [UInt64], previous: [UInt64], instances: [InstanceReading], instanceStarts: [Int]
    ) {
        self.values = values
        self.previous = previous
        self.instances = instances
        self.instanceStarts = instanceStarts
    }
}

/// The times between which the counters of one tier moved, in nanoseconds of the clock that goes on
/// in suspend (CLOCK_BOOTTIME).
public struct TierTimes: Hashable, Sendable {
    /// When the files were read; 0 for never.
    public var now: UInt64
    /// When they were read before; 0 for never.
    public var before: UInt64

    /// Joins the parts.
    public init(now: UInt64, before: UInt64) {
        self.now = now
        self.before = before
    }

    /// The time between the two, nil if there was only one.
    public var seconds: Double? {
        before > 0 && now > before ? Double(now - before) / 1e9 : nil
    }
}

/// All cgroups at one instant, with what is needed to turn counters into rates.
///
/// A snapshot is immutable, carries its own baseline, and so never has to be compared with another
/// one: ``rate(_:_:)`` is right for this cgroup's identity by construction.
public struct Snapshot: Sendable, Hashable {
    /// Counts the ticks of one sampler.
    public let tick: UInt64
    /// Microseconds since 1970.
    public let wallTime: UInt64
    /// When each tier was read.
    public let tierTimes: [TierTimes]
    /// The columns of the numbers.
    public let schema: Schema
    /// The cgroups in ``CgroupPath`` order: a parent directly before its descendants.
    public let cgroups: [CgroupEntry]
    /// The numbers.
    public let blocks: [RowBlock]
    /// The machine as a whole.
    public let host: HostSample
    /// How well the sampling went.
    public let health: SampleHealth

    /// Joins the parts.
    public init(
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

    /// One number of the cgroup at `index`; `absent` if the snapshot does not hold the metric.
    public subscript(index: Int, metric: MetricID) -> Reading {
        guard let column = schema.column(of: metric) else { return .absent }
        let place = cgroups[index].row
        return Reading(
            rawValue: blocks[place.block].values[place.row * schema.width + column])
    }

    /// The number in a column of ``schema`` of the cgroup whose row this is.
    public func reading(_ place: RowLocation, column: Int) -> Reading {
        Reading(rawValue: blocks[place.block].values[place.row * schema.width + column])
    }

    /// A counter when its file was read before; `absent` for a new cgroup.
    public func previous(_ index: Int, _ metric: MetricID) -> Reading {
        guard let column = schema.column(of: metric), column < schema.counterCount else {
            return .absent
        }
        let place = cgroups[index].row
        return Reading(
            rawValue: blocks[place.block].previous[place.row * schema.counterCount + column])
    }

    /// The values with a dimension of the cgroup at `index`, in the order of the kernel's files.
    public func instances(_ index: Int) -> ArraySlice<InstanceReading> {
        let place = cgroups[index].row
        let block = blocks[place.block]
        return block.instances[
            block.instanceStarts[place.row]..<block.instanceStarts[place.row + 1]]
    }

    /// The position of a path, nil if there is no such cgroup now.
    public func index(of path: CgroupPath) -> Int? {
        var low = 0
        var high = cgroups.count
        while low < high {
            let middle = (low + high) / 2
            if cgroups[middle].path < path { low = middle + 1 } else { high = middle }
        }
        return low < cgroups.count && cgroups[low].path == path ? low : nil
    }
}
