package import CgroupModel

/// Encodes snapshots as Prometheus text or OpenMetrics, into one reused buffer.
///
/// The cgroup families come from ``MetricCatalog``. A reading without a number (absent, unlimited,
/// not permitted, …) has no series, so queries for a ratio to a limit need no guard.
package struct ExpositionEncoder: Sendable {
    private typealias Found = (cgroup: Int, label: Int, value: UInt64)

    private let families: ExportedFamilies
    private let own: OwnFamilies
    private let end = [UInt8].labelEnd()

    private var buffer = ExpositionBuffer()
    private var labels: LabelCache
    private var instanceLabels: InstanceLabels
    private var found: [[Found]]
    private let hasIdleDevices: Bool

    /// Creates an encoder and prepares the headers of all families.
    ///
    /// `deviceName` returns the name of a block device (`vda`); if it returns nil, the label is
    /// `MAJ:MIN`. `identity` returns the unit, container and pod of a cgroup. `birthTime` returns a
    /// cgroup's creation time in microseconds since 1970, or nil if unknown.
    package init(
        version: String, selection: ExportSelection = ExportSelection(),
        deviceName: @escaping @Sendable (InstanceKey) -> String?,
        identity: @escaping @Sendable (CgroupEntry) -> CgroupIdentity = { CgroupIdentity($0.path) },
        birthTime: @escaping @Sendable (CgroupEntry) -> UInt64? = { _ in nil }
    ) {
        families = ExportedFamilies(selection)
        found = Array(repeating: [], count: families.dimensional.count)
        hasIdleDevices = selection.hasIdleDevices
        own = OwnFamilies(version: version)
        let inline = selection.inlineLabels
        labels = LabelCache(
            selection, identity: identity, making: { CgroupLabels($0, $1, inline: inline) },
            birthTime: birthTime)
        instanceLabels = InstanceLabels(selection, deviceName: deviceName)
    }

    /// The output of the last ``encode(_:process:programFamilies:collectors:elapsed:as:)``.
    package var bytes: [UInt8] { buffer.bytes }

    /// Replaces ``bytes`` with one complete exposition.
    ///
    /// Writes only the cgroup families of `collectors`; nil writes all. `elapsed` returns the
    /// duration of the scrape so far, in nanoseconds.
    package mutating func encode(
        _ snapshot: Snapshot, process: ProcessSample, programFamilies: [ProgramFamily] = [],
        collectors: Set<Collector>? = nil, elapsed: () -> Reading = { .absent },
        as format: ExpositionFormat
    ) {
        labels.update(snapshot)
        buffer.restart(format)
        let isWanted = { (collector: Collector) in collectors?.contains(collector) ?? true }
        if isWanted(.core) { encodeInfo() }
        for family in families.plain where isWanted(family.collector) {
            encode(family, snapshot)
        }
        if isWanted(.memory) {
            encodeDerived(CgroupFamilies.effectiveMemoryMax) {
                snapshot.effectiveMemoryMax($0.position).value
            }
        }
        encodeInstances(snapshot, isWanted)
        own.write(
            snapshot, process, programFamilies, dropped: labels.dropped, elapsed: elapsed(),
            to: &buffer)
        buffer.finish()
    }

    private mutating func encodeInfo() {
        buffer.open(CgroupFamilies.info)
        for info in labels.infos { buffer.add(info, 1) }
        encodeDerived(CgroupFamilies.startTime) { $0.startTime }
    }

    private mutating func encode(_ family: ExportedFamilies.Plain, _ snapshot: Snapshot) {
        buffer.open(family.family)
        for (metric, labelEnd) in family.rows {
            guard let column = snapshot.schema.column(of: metric) else {
                // v1 has no count of descendants, but the sample contains all of them.
                if metric == .descendants { encodeSamples { UInt64($0.descendants) } }
                continue
            }
            for cgroup in labels.cgroups {
                guard let value = snapshot.reading(cgroup.row, column: column).value else {
                    continue
                }
                buffer.add(labels.bytes, cgroup.labels, labelEnd, value)
            }
        }
    }

    private mutating func encodeDerived(
        _ family: Family, _ value: (LabelCache.Labeled) -> UInt64?
    ) {
        buffer.open(family)
        encodeSamples(value)
    }

    private mutating func encodeSamples(_ value: (LabelCache.Labeled) -> UInt64?) {
        for cgroup in labels.cgroups {
            if let value = value(cgroup) { buffer.add(labels.bytes, cgroup.labels, end, value) }
        }
    }

    private mutating func encodeInstances(
        _ snapshot: Snapshot, _ isWanted: (Collector) -> Bool
    ) {
        instanceLabels.restart()
        sortInstances(snapshot)
        for (place, family) in families.dimensional.enumerated() where isWanted(family.collector) {
            buffer.open(family.family)
            for (index, label, value) in found[place] {
                buffer.add(
                    labels.bytes, labels.cgroups[index].labels, instanceLabels.labelEnds[label],
                    value)
            }
        }
    }

    /// Sorts the instance readings by family, because a snapshot holds them by cgroup but a family
    /// must be contiguous.
    private mutating func sortInstances(_ snapshot: Snapshot) {
        for place in found.indices { found[place].removeAll(keepingCapacity: true) }
        var used: [InstanceKey] = []
        for (index, cgroup) in labels.cgroups.enumerated() {
            let instances = snapshot.instances(cgroup.position)
            if !hasIdleDevices { usedDevices(instances, &used) }
            for instance in instances {
                guard let place = families.placeOf[instance.metric.index],
                    let value = instance.reading.value
                else { continue }
                let family = families.dimensional[place]
                if family.isTraffic, !hasIdleDevices, !used.contains(instance.key) { continue }
                guard let label = instanceLabels.label(family.dimension, instance.key) else {
                    continue
                }
                found[place].append((index, label, value))
            }
        }
    }

    /// Collects the devices that a cgroup has used.
    private func usedDevices(
        _ instances: ArraySlice<InstanceReading>, _ used: inout [InstanceKey]
    ) {
        used.removeAll(keepingCapacity: true)
        for instance in instances where used.last != instance.key {
            guard let place = families.placeOf[instance.metric.index],
                families.dimensional[place].isTraffic, instance.reading.value ?? 0 > 0
            else { continue }
            used.append(instance.key)
        }
    }
}
