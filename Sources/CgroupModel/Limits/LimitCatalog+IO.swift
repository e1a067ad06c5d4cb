extension LimitCatalog {
    /// Block I/O; most rows have one value per disk.
    static let ioRows: [Limit] =
        rateRows + [
            row(
                "io.weight", .io, .weight(1...10000),
                v2: [
                    LimitFile(
                        "io.weight", .number(unlimited: nil), line: "default",
                        systemd: UnitProperty("IOWeight", since: 230)),
                    LimitFile(
                        "io.bfq.weight", .bfqWeight, line: "default",
                        systemd: UnitProperty("IOWeight", since: 230, .weight)),
                ], v1: [LimitFile("blkio.bfq.weight", .bfqWeight)],
                note: "Needs iocost enabled on the disk, or the bfq scheduler.",
                "Share of I/O relative to siblings, 100 by default."),
            row(
                "io.weight.device", .io, .weight(1...10000), by: .device,
                v2: [
                    LimitFile(
                        "io.weight", .number(unlimited: nil), missing: "default",
                        systemd: UnitProperty("IODeviceWeight", since: 230, .perDevice)),
                    LimitFile("io.bfq.weight", .bfqWeight, missing: "default"),
                ], v1: [LimitFile("blkio.bfq.weight_device", .bfqWeight, missing: "default")],
                "Share of I/O on one disk."),
            row(
                "io.latency.target", .io, .time(1...1_000_000_000, unlimited: true), by: .device,
                v2: [
                    LimitFile(
                        "io.latency", .number(unlimited: "max"), field: "target", missing: "max",
                        systemd: UnitProperty("IODeviceLatencyTargetUSec", since: 240, .perDevice))
                ],
                note: "Other cgroups are throttled while its latency is higher.",
                "Latency target on one disk (v2)."),
            row(
                "io.prio.class", .io, .word(priorityClasses),
                v2: [LimitFile("io.prio.class", .text)],
                v1: [LimitFile("blkio.prio.class", .text)],
                note: "none-to-rt is the older name of promote-to-rt.",
                "Policy that changes the I/O priority of its requests."),
        ]

    private static let priorityClasses = [
        "no-change", "promote-to-rt", "restrict-to-be", "idle", "none-to-rt",
    ]

    private static let rateRows: [Limit] = [
        (
            "rbps", "read_bps", LimitGrammar.bytesPerSecond, "IOReadBandwidthMax", "io.rbytes",
            "Bytes read"
        ),
        ("wbps", "write_bps", .bytesPerSecond, "IOWriteBandwidthMax", "io.wbytes", "Bytes written"),
        ("riops", "read_iops", .operationsPerSecond, "IOReadIOPSMax", "io.rios", "Reads"),
        ("wiops", "write_iops", .operationsPerSecond, "IOWriteIOPSMax", "io.wios", "Writes"),
    ].map {
        (
            field: String, legacy: String, grammar: LimitGrammar, property: String, usage: String,
            what: String
        )
            -> Limit in
        let systemd = UnitProperty(property, since: 230, .perDevice)
        // systemd sets no IOPS limits on v1.
        let isBytes = grammar == .bytesPerSecond
        return row(
            "io.max.\(field)", .io, grammar, by: .device,
            v2: [
                LimitFile(
                    "io.max", .number(unlimited: "max"), field: field, missing: "max",
                    systemd: systemd, initial: "")
            ],
            v1: [
                LimitFile(
                    "blkio.throttle.\(legacy)_device", .number(unlimited: "0"), missing: "0",
                    systemd: isBytes ? systemd : nil)
            ], limits: usage,
            note: "v1 does not throttle buffered writes.",
            "\(what) per second on one disk.")
    }
}
