extension MetricCatalog {
    static let ioRows: [Row] = [
        trafficRows, costRows, debugRows, bfqRows, cfqRows, limitRows, qosRows, modelRows,
    ].flatMap { $0 }

    private static let trafficRows: [Row] = [
        traffic(
            "rbytes", "io_service_bytes", "Read", "read_bytes", in: .basic,
            rateFormerly: ["io.read_rate"], "Bytes read."),
        traffic(
            "wbytes", "io_service_bytes", "Write", "written_bytes", in: .basic,
            rateFormerly: ["io.write_rate"], "Bytes written."),
        traffic("dbytes", "io_service_bytes", "Discard", "discarded_bytes", "Bytes discarded."),
        traffic(
            "rios", "io_serviced", "Read", "reads", in: .basic, rateFormerly: ["io.read_ops"],
            "Read operations."),
        traffic(
            "wios", "io_serviced", "Write", "writes", in: .basic, rateFormerly: ["io.write_ops"],
            "Write operations."),
        traffic("dios", "io_serviced", "Discard", "discards", "Discard operations."),
        traffic("sync_bytes", "io_service_bytes", "Sync", nil, "Bytes of synchronous I/O (v1)."),
        traffic("async_bytes", "io_service_bytes", "Async", nil, "Bytes of asynchronous I/O (v1)."),
        traffic("sync_ios", "io_serviced", "Sync", nil, "Synchronous operations (v1)."),
        traffic("async_ios", "io_serviced", "Async", nil, "Asynchronous operations (v1)."),
    ]

    /// A counter of v1 throttling, which includes descendants since Linux 4.16.
    ///
    /// In older kernels, it and CFQ's counters (until 5.0) exclude descendants. Rows with a family
    /// also exist in v2.
    private static func traffic(
        _ field: String, _ file: String, _ operation: String, _ family: String?,
        in exportGroup: ExportGroup = .full, rateFormerly rateAliases: [String] = [], _ help: String
    ) -> Row {
        Row(
            "io.\(field)", .io, .counter, field.hasSuffix("bytes") ? .bytes : .count, .tick,
            by: .device, v2: family.map { _ in Source("io.stat \(field)") },
            v1: Source("blkio.throttle.\(file)_recursive \(operation)"),
            olderV1: ["throttle.\(file)", file].map { Source("blkio.\($0) \(operation)") },
            family: family.map { "cgroup_io_\($0)_total" }, in: exportGroup,
            rateFormerly: rateAliases,
            help)
    }

    private static let costRows: [Row] = [
        ("usage", "Device time charged by iocost"),
        ("wait", "Time waited for iocost budget"),
        ("indebt", "Time in debt to iocost"),
        ("indelay", "Time delayed to pay iocost debt"),
    ].map { (key: String, help: String) -> Row in
        Row(
            "io.cost.\(key)_usec", .io, .counter, .microseconds, .tick, by: .device,
            v2: Source("io.stat cost.\(key)"),
            family: "cgroup_io_cost_\(key)_seconds_total", in: .extra(.ioCost), "\(help).")
    }

    private static let debugRows: [Row] =
        [
            Row(
                "io.cost.vrate", .io, .gauge, .percentHundredths, .tick, by: .device,
                v2: "io.stat cost.vrate", "Speed of iocost's device clock, in percent (root).")
        ] + debugKeys

    private static let debugKeys: [Row] = [
        ("use_delay", "Whether delay throttling is enabled"), ("delay_nsec", "Delay imposed, ns"),
        ("depth", "Queue depth allowed by io.latency"),
        ("avg_lat", "Average completion latency, µs"), ("win", "Sampling window, µs"),
        ("missed", "Requests over the latency target"), ("total", "Requests in the window"),
    ].map { (key: String, help: String) -> Row in
        Row(
            "io.debug.\(key)", .io, .gauge, .count, .tick, by: .device,
            v2: Source("io.stat \(key)"), "\(help) (blkcg_debug_stats).")
    }

    private static let bfqRows: [Row] = [
        ("rbytes", "io_service_bytes", "Read", "Bytes read"),
        ("wbytes", "io_service_bytes", "Write", "Bytes written"),
        ("dbytes", "io_service_bytes", "Discard", "Bytes discarded"),
        ("sync_bytes", "io_service_bytes", "Sync", "Bytes of synchronous I/O"),
        ("async_bytes", "io_service_bytes", "Async", "Bytes of asynchronous I/O"),
        ("rios", "io_serviced", "Read", "Read operations"),
        ("wios", "io_serviced", "Write", "Write operations"),
        ("dios", "io_serviced", "Discard", "Discard operations"),
        ("sync_ios", "io_serviced", "Sync", "Synchronous operations"),
        ("async_ios", "io_serviced", "Async", "Asynchronous operations"),
    ].map { (field: String, file: String, key: String, help: String) -> Row in
        Row(
            "io.bfq.\(field)", .io, .counter, field.hasSuffix("bytes") ? .bytes : .count, .detail,
            by: .device, v1: Source("blkio.bfq.\(file)_recursive \(key)"),
            "\(help) on disks with the bfq scheduler (v1).")
    }

    /// The CFQ scheduler, removed in Linux 5.0.
    private static let cfqRows: [Row] =
        ["time", "sectors"].map { (key: String) -> Row in
            Row(
                "io.cfq.\(key)", .io, .counter, .count, .detail, by: .device,
                v1: Source("blkio.\(key)_recursive"), olderV1: [Source("blkio.\(key)")],
                key == "time"
                    ? "Disk time, documented by the kernel as milliseconds (v1, CFQ)."
                    : "Sectors of 512 bytes moved (v1, CFQ).")
        }
        + ["weight", "leaf_weight"].flatMap { (key: String) -> [Row] in
            let whose =
                key == "weight"
                ? "relative to siblings" : "of its own tasks relative to its children"
            return [
                Row(
                    "io.cfq.\(key)", .io, .setting, .weight, .settings,
                    v1: Source("blkio.\(key)"), "Share of disk time \(whose) (v1, CFQ), 10 to 1000."
                ),
                Row(
                    "io.cfq.\(key).device", .io, .setting, .weight, .settings, by: .device,
                    v1: Source("blkio.\(key)_device"), formerly: ["io.cfq.\(key).devices.weight"],
                    "Share of one disk's time \(whose), if different (v1, CFQ)."),
            ]
        }

    private static let limitRows: [Row] = [
        Row(
            "io.max.rbps", .io, .limit, .bytesPerSecond, .settings, by: .device,
            v2: "io.max rbps", v1: "blkio.throttle.read_bps_device",
            family: "cgroup_io_max_read_bytes_per_second", "Bytes that may be read per second."),
        Row(
            "io.max.wbps", .io, .limit, .bytesPerSecond, .settings, by: .device,
            v2: "io.max wbps", v1: "blkio.throttle.write_bps_device",
            family: "cgroup_io_max_write_bytes_per_second",
            "Bytes that may be written per second."),
        Row(
            "io.max.riops", .io, .limit, .operationsPerSecond, .settings, by: .device,
            v2: "io.max riops", v1: "blkio.throttle.read_iops_device",
            family: "cgroup_io_max_reads_per_second", "Read operations allowed per second."),
        Row(
            "io.max.wiops", .io, .limit, .operationsPerSecond, .settings, by: .device,
            v2: "io.max wiops", v1: "blkio.throttle.write_iops_device",
            family: "cgroup_io_max_writes_per_second", "Write operations allowed per second."),
        Row(
            "io.weight", .io, .setting, .weight, .settings, v2: "io.weight default",
            "Share of device time relative to siblings (iocost), 1 to 10000."),
        Row(
            "io.weight.device", .io, .setting, .weight, .settings, by: .device,
            v2: "io.weight", formerly: ["io.weight.devices.weight"],
            "Share of one device's time, if different (iocost)."),
        Row(
            "io.bfq.weight", .io, .setting, .weight, .settings, v2: "io.bfq.weight default",
            v1: "blkio.bfq.weight", "Share of device time relative to siblings (bfq), 1 to 1000."),
        Row(
            "io.bfq.weight.device", .io, .setting, .weight, .settings, by: .device,
            v2: "io.bfq.weight", v1: "blkio.bfq.weight_device",
            formerly: ["io.bfq.weight.devices.weight"],
            "Share of one device's time, if different (bfq)."),
        Row(
            "io.latency.target", .io, .setting, .microseconds, .settings, by: .device,
            v2: "io.latency target", "Completion latency target."),
        Row(
            "io.prio.class", .io, .text, .none, .settings, v2: "io.prio.class",
            v1: "blkio.prio.class", "Policy that changes the I/O priority of requests."),
    ]

    private static let qosRows: [Row] =
        ["enable", "rlat", "wlat"].map { (key: String) -> Row in
            Row(
                "io.cost.qos.\(key)", .io, .setting, .count, .settings, by: .device,
                v2: Source("io.cost.qos \(key)"), "iocost quality of service, \(key) (root).")
        }
        + ["rpct", "wpct", "min", "max"].map { (key: String) -> Row in
            Row(
                "io.cost.qos.\(key)", .io, .setting, .percentHundredths, .settings, by: .device,
                v2: Source("io.cost.qos \(key)"), "iocost quality of service, \(key) (root).")
        }

    private static let modelRows: [Row] = [
        "rbps", "rseqiops", "rrandiops", "wbps", "wseqiops", "wrandiops",
    ].map { (key: String) -> Row in
        Row(
            "io.cost.model.\(key)", .io, .setting, .count, .settings, by: .device,
            v2: Source("io.cost.model \(key)"), "iocost device model, \(key) (root).")
    }
}
