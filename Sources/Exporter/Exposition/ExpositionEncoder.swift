public import CgroupModel

/// Writes a snapshot as Prometheus text or OpenMetrics, into one buffer that is used again.
///
/// The families of cgroups come from ``MetricCatalog``. A reading without a number (absent,
/// unlimited, not permitted, …) has no series, so a ratio to a limit needs no guard.
public struct ExpositionEncoder: Sendable {
    private typealias Found = (cgroup: Int, key: InstanceKey, value: UInt64)

    private let plain: [(metric: MetricID, family: Family)]
    private let dimensional: [(metric: MetricID, dimension: Dimension, family: Family)]
    private let placeOf: [Int?]
    private let own: OwnFamilies
    private let deviceName: @Sendable (InstanceKey) -> String?
    private let identity: @Sendable (CgroupEntry) -> CgroupIdentity

    private var buffer = ExpositionBuffer()
    private var labels = LabelCache()
    private var labelled: (tick: UInt64, wallTime: UInt64)?
    private var found: [[Found]]

    /// Prepares the headers of all families.
    ///
    /// `deviceName` names a block device (`vda`); where it knows none, the label is `MAJ:MIN`.
    public init(
        version: String, deviceName: @escaping @Sendable (InstanceKey) -> String?,
        identity: @escaping @Sendable (CgroupEntry) -> CgroupIdentity = { CgroupIdentity($0.path) }
    ) {
        var plain: [(metric: MetricID, family: Family)] = []
        var dimensional: [(metric: MetricID, dimension: Dimension, family: Family)] = []
        var placeOf = [Int?](repeating: nil, count: MetricCatalog.all.count)
        for metric in MetricCatalog.all {
            guard let family = Family(metric) else { continue }
            if let dimension = metric.dimension {
                placeOf[metric.id.index] = dimensional.count
                dimensional.append((metric.id, dimension, family))
            } else {
                plain.append((metric.id, family))
            }
        }
        self.plain = plain
        self.dimensional = dimensional
        self.placeOf = placeOf
        found = Array(repeating: [], count: dimensional.count)
        own = OwnFamilies(version: version)
        self.deviceName = deviceName
        self.identity = identity
    }

    /// What the last ``encode(_:process:programFamilies:as:)`` wrote.
    public var bytes: [UInt8] { buffer.bytes }

    /// Replaces ``bytes`` by one complete exposition.
    public mutating func encode(
        _ snapshot: Snapshot, process: ProcessSample, programFamilies: [ProgramFamily] = [],
        as format: ExpositionFormat
    ) {
        if labelled?.tick != snapshot.tick || labelled?.wallTime != snapshot.wallTime {
            let identity = identity
            labels.update(snapshot.cgroups) { CgroupLabels($0.path, identity($0)) }
            labelled = (snapshot.tick, snapshot.wallTime)
        }
        buffer.restart(format)
        encodeInfo()
        for (metric, family) in plain where snapshot.schema.column(of: metric) != nil {
            encode(family, snapshot) { snapshot[$0, metric] }
        }
        encode(CgroupFamilies.effectiveMemoryMax, snapshot, snapshot.effectiveMemoryMax)
        encodeInstances(snapshot)
        own.write(snapshot, process, programFamilies, clashes: labels.clashes, to: &buffer)
        buffer.finish()
    }

    private mutating func encodeInfo() {
        buffer.open(CgroupFamilies.info)
        for info in labels.infos where !info.isEmpty { buffer.add(info, [], 1) }
    }

    private mutating func encode(
        _ family: Family, _ snapshot: Snapshot, _ reading: (Int) -> Reading
    ) {
        buffer.open(family)
        for index in snapshot.cgroups.indices {
            guard let value = reading(index).value else { continue }
            let identity = labels.identities[index]
            guard !identity.isEmpty else { continue }
            buffer.add(identity, CgroupFamilies.closingBrace, value)
        }
    }

    /// A snapshot has these readings by cgroup but a family must stand in one piece, so they are
    /// sorted by family first.
    private mutating func encodeInstances(_ snapshot: Snapshot) {
        for place in found.indices { found[place].removeAll(keepingCapacity: true) }
        for index in snapshot.cgroups.indices {
            for instance in snapshot.instances(index) {
                guard let place = placeOf[instance.metric.index], let value = instance.reading.value
                else { continue }
                found[place].append((index, instance.key, value))
            }
        }
        var instanceLabels = InstanceLabels(deviceName: deviceName)
        for (place, (_, dimension, family)) in dimensional.enumerated() {
            buffer.open(family)
            for (index, key, value) in found[place] {
                let identity = labels.identities[index]
                guard !identity.isEmpty else { continue }
                buffer.add(identity, instanceLabels.bytes(dimension, key), value)
            }
        }
    }
}
