package import CgroupModel

/// Encodes snapshots with cAdvisor's metric names, into one reused buffer.
///
/// Samples have no timestamps, so Prometheus ends a removed cgroup's series at the next scrape.
package struct CadvisorEncoder: Sendable {
    private let versionLabels: [UInt8]
    private let deviceName: @Sendable (InstanceKey) -> String?
    private let end = [UInt8].labelEnd()
    private var buffer = ExpositionBuffer()
    private var labels: LabelCache
    /// The device names of this exposition; each lookup reads the file system.
    private var names: [InstanceKey: String?] = [:]

    /// Creates an encoder for one machine.
    ///
    /// `deviceName` returns the name of a block device (`vda`). `birthTime` is called once in a
    /// cgroup's life and returns microseconds since 1970. Only the choice of cgroups is taken from
    /// `selection`.
    package init(
        version: String, selection: ExportSelection = ExportSelection(),
        deviceName: @escaping @Sendable (InstanceKey) -> String?,
        identity: @escaping @Sendable (CgroupEntry) -> CgroupIdentity = { CgroupIdentity($0.path) },
        birthTime: @escaping @Sendable (CgroupEntry) -> UInt64? = { _ in nil }
    ) {
        var versionLabels: [UInt8] = []
        versionLabels.append("{cadvisorVersion=\"cgwarden ")
        versionLabels.append(labelValue: version)
        versionLabels.append("\"}")
        self.versionLabels = versionLabels
        self.deviceName = deviceName
        labels = LabelCache(
            selection, identity: identity, making: { CgroupLabels(cadvisor: $0, $1) },
            birthTime: birthTime)
    }

    /// The output of the last ``encode(_:collectors:as:)``.
    package var bytes: [UInt8] { buffer.bytes }

    /// Replaces ``bytes`` with one complete exposition.
    ///
    /// Writes only the cgroup families of `collectors`; nil writes all.
    package mutating func encode(
        _ snapshot: Snapshot, collectors: Set<Collector>? = nil, as format: ExpositionFormat
    ) {
        let isWanted = { (collector: Collector) in collectors?.contains(collector) ?? true }
        labels.update(snapshot)
        names.removeAll(keepingCapacity: true)
        buffer.restart(format)
        buffer.open(Self.version)
        buffer.add(versionLabels, 1)
        for family in CadvisorFamilies.all where isWanted(family.collector) {
            encode(family, snapshot)
        }
        if isWanted(.core) { encodeStart() }
        for family in CadvisorFamilies.instances where isWanted(family.collector) {
            encode(family, snapshot)
        }
        encode(Self.scrapeError, Reading(0))
        // Without known CPU times, the CPU count is only a fallback that is safe to divide by.
        let times = snapshot.host.cpuTotal
        encode(Self.cores, times.isKnown ? Reading(UInt64(snapshot.host.cpuCount)) : times)
        encode(Self.memory, snapshot.host.memoryTotal)
        encode(Self.swap, snapshot.host.swapTotal)
        buffer.finish()
    }

    private mutating func encodeStart() {
        buffer.open(Self.start)
        for cgroup in labels.cgroups {
            buffer.add(labels.bytes, cgroup.labels, end, cgroup.startTime)
        }
    }

    private mutating func encode(_ family: Family, _ reading: Reading) {
        guard let value = reading.value else { return }
        buffer.open(family)
        buffer.add([], value)
    }

    private mutating func encode(_ family: CadvisorFamily, _ snapshot: Snapshot) {
        buffer.open(family.family)
        for cgroup in labels.cgroups {
            for part in family.parts {
                guard let value = part.value(snapshot, cgroup.position).value else { continue }
                buffer.add(labels.bytes, cgroup.labels, part.labels, value)
            }
        }
    }

    private mutating func encode(_ family: CadvisorInstanceFamily, _ snapshot: Snapshot) {
        buffer.open(family.family)
        for cgroup in labels.cgroups {
            for instance in snapshot.instances(cgroup.position) {
                guard let part = family.parts.first(where: { $0.metric == instance.metric }),
                    let value = instance.reading.value
                else { continue }
                let rest = family.labels(part, instance.key) { name(of: $0) }
                buffer.add(labels.bytes, cgroup.labels, rest, family.value(value))
            }
        }
    }

    private mutating func name(of device: InstanceKey) -> String? {
        if let known = names[device] { return known }
        let name = deviceName(device)
        names[device] = .some(name)
        return name
    }

    private static let version = Family(
        "cadvisor_version_info", .info, "The program that serves these metrics.")
    private static let start = Family(
        cadvisor: "container_start_time_seconds", .gauge,
        "When the cgroup was created, in Unix time.")
    private static let scrapeError = Family(
        "container_scrape_error", .gauge, "1 if no cgroup could be read, else 0.")
    private static let cores = Family("machine_cpu_cores", .gauge, "Online CPUs.")
    private static let memory = Family(
        "machine_memory_bytes", .gauge, unit: "bytes", "Memory of the host.")
    private static let swap = Family(
        "machine_swap_bytes", .gauge, unit: "bytes", "Swap of the host.")
}

extension CgroupLabels {
    /// Creates the labels that kubelet's cAdvisor has on every series; Prometheus treats an empty
    /// label as missing.
    ///
    /// Only a container's own cgroup has its names, as in cAdvisor. A sum over a name must not
    /// count cgroups inside the container twice.
    fileprivate init(cadvisor path: CgroupPath, _ known: CgroupIdentity) {
        let isContainer = known.kind == .container
        let isInPod = isContainer || known.kind == .pod
        let inKubernetes = known.pod != nil || known.podUID != nil
        // Kubernetes names the container in its own label; other runtimes use `name`.
        let name = inKubernetes ? known.containerID : known.container ?? known.containerID
        let container = inKubernetes ? known.container : nil
        let pairs = [
            ("name", isContainer ? name : nil), ("image", isContainer ? known.image : nil),
            ("pod", isInPod ? known.pod : nil), ("namespace", isInPod ? known.namespace : nil),
            ("container", isContainer ? container : nil),
        ]
        var identity: [UInt8] = []
        identity.append("{id=\"")
        identity.append(labelValue: path.description)
        identity.append("\"")
        for (label, value) in pairs {
            identity.append(",\(label)=\"")
            identity.append(labelValue: value ?? "")
            identity.append("\"")
        }
        self.path = path
        self.identity = identity
        info = []
    }
}
