import CgroupModel

/// Encodes samples for `/api/v1/snapshot` as one line of JSON without a newline.
struct SnapshotEncoder {
    private let version: String
    private let identity: @Sendable (CgroupEntry) -> CgroupIdentity
    private var known: [CgroupID: (path: CgroupPath, identity: CgroupIdentity)] = [:]

    init(version: String, identity: @escaping @Sendable (CgroupEntry) -> CgroupIdentity) {
        self.version = version
        self.identity = identity
    }

    /// Encodes one complete sample.
    mutating func encode(_ snapshot: Snapshot) -> [UInt8] {
        remember(snapshot.cgroups)
        var json = JSONWriter()
        json.object { json in
            json.key("time")
            json.literal(DecimalText.fixed(Double(snapshot.wallTime) / 1e6, places: 3))
            json.key("tick")
            json.value(snapshot.tick)
            json.key("version")
            json.value(version)
            json.key("machine")
            json.object { Self.write(snapshot, to: &$0) }
            json.key("cgroups")
            json.array { json in
                for index in snapshot.cgroups.indices {
                    json.object { write(snapshot, index, to: &$0) }
                }
            }
        }
        return json.take()
    }

    /// Looks up the identity of new cgroups and of containers, which can be named later, and
    /// forgets removed cgroups.
    private mutating func remember(_ cgroups: [CgroupEntry]) {
        var living: [CgroupID: (path: CgroupPath, identity: CgroupIdentity)] = [:]
        living.reserveCapacity(cgroups.count)
        for cgroup in cgroups {
            let old = known[cgroup.id].flatMap {
                $0.path == cgroup.path && !$0.identity.isContained ? $0 : nil
            }
            living[cgroup.id] = old ?? (cgroup.path, identity(cgroup))
        }
        known = living
    }

    /// Writes the host's values, with the names that cgroups use.
    private static func write(_ snapshot: Snapshot, to json: inout JSONWriter) {
        let host = snapshot.host
        json.key("cpus")
        json.value(UInt64(clamping: host.cpuCount))
        json.write([
            ("load", 2, Figure(host.load).scaled(by: 0.01)),
            ("pids.current", 0, Figure(host.tasks)),
            ("cpu.usage_usec.rate", 1, snapshot.hostCPUPercent.scaled(by: 1e4)),
            ("memory.current", 0, Figure(host.memoryUsed)),
            ("memory.total", 0, Figure(host.memoryTotal)),
            ("memory.swap.current", 0, Figure(host.swapUsed)),
            ("memory.swap.total", 0, Figure(host.swapTotal)),
            ("cpu.pressure.some.avg10", 2, Figure(host.cpuPressure).scaled(by: 0.01)),
            ("memory.pressure.some.avg10", 2, Figure(host.memoryPressure).scaled(by: 0.01)),
            ("io.pressure.some.avg10", 2, Figure(host.ioPressure).scaled(by: 0.01)),
            (
                "irq.pressure.full.avg10", 2,
                Figure(host.pressure.irq.full.avg10).scaled(by: 0.01)
            ),
            ("files.not_permitted", 0, .value(Double(snapshot.health.notPermitted))),
            ("files.malformed", 0, .value(Double(snapshot.health.malformed))),
        ])
    }

    private func write(_ snapshot: Snapshot, _ index: Int, to json: inout JSONWriter) {
        let entry = snapshot.cgroups[index]
        json.key("path")
        json.value(entry.path.text)
        json.key("inode")
        json.value(entry.id.inode)
        json.key("generation")
        json.value(entry.id.generation)
        json.key("depth")
        json.value(UInt64(clamping: entry.path.depth))
        if let parent = entry.parent {
            json.key("parent")
            json.value(UInt64(clamping: parent))
        }
        if let known = known[entry.id]?.identity { Self.write(known, to: &json) }
        let row = SnapshotField.Row(snapshot, index)
        if let state = row.figures.state {
            json.key("state")
            json.value(state)
        }
        json.write(SnapshotField.all.map { ($0.name, $0.decimals, $0.figure(row)) })
    }

    /// Writes the known parts of the cgroup's identity and leaves out the others.
    private static func write(_ identity: CgroupIdentity, to json: inout JSONWriter) {
        json.key("kind")
        json.value(identity.kind.rawValue)
        let texts = [
            ("unit", identity.unit), ("slice", identity.slice), ("runtime", identity.runtime),
            ("container", identity.container), ("container_id", identity.containerID),
            ("image", identity.image), ("pod", identity.pod), ("pod_uid", identity.podUID),
            ("namespace", identity.namespace), ("qos", identity.qos),
        ]
        for case (let name, let text?) in texts {
            json.key(name)
            json.value(text)
        }
    }
}
