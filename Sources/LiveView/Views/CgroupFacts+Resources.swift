import CgroupModel

extension CgroupFacts {
    /// The parts of memory, most informative first; one part can include another.
    private static let memoryParts: [MetricID] = [
        "anon", "file", "kernel", "shmem", "active_file", "inactive_file", "active_anon",
        "inactive_anon", "file_mapped", "file_dirty", "file_writeback", "slab_reclaimable",
        "slab_unreclaimable", "pagetables", "kernel_stack", "percpu", "sock", "unevictable",
        "anon_thp", "swapcached", "zswap",
    ].compactMap { MetricCatalog.metric(named: "memory.\($0)")?.id }

    var memory: [DetailRow] {
        let used = CgroupFigures(snapshot, index).figure(.memory)
        let limit = snapshot.effectiveMemoryMax(index)
        let share = limit.value.flatMap { limit in
            used.number.map { limit > 0 ? $0 / Double(limit) : 1 }
        }
        var rows = [
            DetailRow(
                label: "usage", value: used.text(Quantity.bytes),
                remark: "of " + Figure(limit).text(Quantity.bytes),
                style: share.map { Style.level($0) } ?? .plain)
        ]
        for metric in Self.memoryParts where snapshot[index, metric] != .absent {
            let part = Figure(snapshot[index, metric])
            let share = used.number.flatMap { used in
                part.number.map { used > 0 ? $0 / used : 0 }
            }
            rows.append(
                DetailRow(
                    label: MetricCatalog[metric].field, value: part.text(Quantity.bytes),
                    share: share))
        }
        for (label, metric) in [
            ("faults/s", MetricID.memoryPageFaults), ("major faults/s", .memoryMajorFaults),
        ] where snapshot[index, metric] != .absent {
            let rate = Figure(snapshot.rate(index, metric), from: snapshot[index, metric])
            rows.append(DetailRow(label: label, value: rate.text(Quantity.countRate)))
        }
        return rows
    }

    var io: [DetailRow] {
        var devices: [InstanceKey: [MetricID: Figure]] = [:]
        let wanted: Set<MetricID> = [.ioReadBytes, .ioWrittenBytes, .ioReads, .ioWrites]
        var reasons: [DetailRow] = []
        for instance in snapshot.instances(index) where wanted.contains(instance.metric) {
            guard instance.key != .whole else {
                if instance.reading != .unnamed {
                    reasons.append(Self.row(instance))
                } else if !reasons.contains(Self.unnamedDevices) {
                    reasons.append(Self.unnamedDevices)
                }
                continue
            }
            devices[instance.key, default: [:]][instance.metric] = Figure(
                snapshot.rate(instance), from: instance.reading)
        }
        guard !devices.isEmpty else {
            return reasons.isEmpty ? [DetailRow(label: "no I/O values", value: "-")] : reasons
        }
        let head = DetailRow(
            label: "device", value: "in/s", remark: " out/s  reads/s writes/s", style: .dim)
        return [head]
            + devices.sorted { $0.key < $1.key }.map { key, figures in
                func cell(_ metric: MetricID, _ format: (Double) -> String, _ width: Int) -> String
                {
                    Self.right((figures[metric] ?? .without(.absent)).text(format), width)
                }
                let rest = [
                    cell(.ioWrittenBytes, Quantity.bytes, 6), cell(.ioReads, Quantity.countRate, 8),
                    cell(.ioWrites, Quantity.countRate, 8),
                ]
                return DetailRow(
                    label: key.text(.device), value: cell(.ioReadBytes, Quantity.bytes, 0),
                    remark: rest.joined(separator: " "))
            } + reasons
    }

    /// The row for all values of devices that the kernel does not name.
    private static let unnamedDevices = DetailRow(
        label: "unnamed", value: "not shown", remark: "such as NVMe paths", style: .dim)

    /// The row of a device's value, or of the reason why no device has one.
    private static func row(_ instance: InstanceReading) -> DetailRow {
        let metric = MetricCatalog[instance.metric]
        guard instance.key != .whole else {
            return DetailRow(
                label: metric.name, value: instance.reading.word ?? "malformed", style: .warn)
        }
        return DetailRow(
            label: metric.name, value: MetricText.text(instance.reading, metric.id),
            remark: "on \(instance.key.text(.device))")
    }

    var limits: [DetailRow] {
        var rows: [DetailRow] = []
        let bound = snapshot.effectiveLimit(index, .memoryMax)
        let effective = snapshot.effectiveMemoryMax(index)
        if snapshot[index, .memoryMax] != .absent {
            var remark = ""
            if effective != snapshot[index, .memoryMax] {
                let owner = effective == bound.reading ? path(bound.from) : "outside this view"
                remark = "effective \(Figure(effective).text(Quantity.bytes)), from \(owner)"
            }
            rows.append(DetailRow(label: "memory.max", value: text(.memoryMax), remark: remark))
        }
        rows += plain([
            .memoryHigh, .memoryLow, .memoryMin, .memorySoftLimit, .memorySwapMax,
            .memoryAndSwapMax, .memoryPeak,
        ])
        rows += quota + plain([.cpuWeight])
        let tasks = snapshot.effectiveLimit(index, .pidsMax)
        if snapshot[index, .pidsMax] != .absent {
            let remark =
                tasks.from == nil || tasks.from == index
                ? ""
                : "effective \(Figure(tasks.reading).text(Quantity.count)), from \(path(tasks.from))"
            rows.append(DetailRow(label: "pids.max", value: text(.pidsMax), remark: remark))
        }
        rows += plain([.pidsPeak, .cpusetEffectiveCPUs, .cpusetEffectiveMems])
        let throttles: Set<MetricID> = [.ioMaxRead, .ioMaxWritten, .ioMaxReads, .ioMaxWrites]
        for instance in snapshot.instances(index) where throttles.contains(instance.metric) {
            rows.append(Self.row(instance))
        }
        guard !rows.isEmpty else { return [DetailRow(label: "no limits here", value: "-")] }
        return rows
    }
}
