import CgroupModel

/// A number of one cgroup in `/api/v1/snapshot`, named as in the catalog if the catalog has it.
struct SnapshotField: Sendable {
    /// One cgroup of a sample, with its figures.
    struct Row {
        let snapshot: Snapshot
        let index: Int
        let figures: CgroupFigures

        init(_ snapshot: Snapshot, _ index: Int) {
            self.snapshot = snapshot
            self.index = index
            figures = CgroupFigures(snapshot, index)
        }

        subscript(metric: MetricID) -> Figure { Figure(snapshot[index, metric]) }
    }

    let name: String
    let decimals: Int
    let figure: @Sendable (Row) -> Figure

    init(_ name: String, decimals: Int = 0, _ figure: @escaping @Sendable (Row) -> Figure) {
        self.name = name
        self.decimals = decimals
        self.figure = figure
    }

    /// All fields in output order.
    static let all: [SnapshotField] = [
        SnapshotField("pids.current") { $0.figures.tasks },
        SnapshotField("cpu.usage_usec") { $0.figures.cpuTime },
        SnapshotField("cpu.usage_usec.rate", decimals: 1) {
            $0.figures.cpuPercent.scaled(by: 1e4)
        },
        SnapshotField("cpu.throttled.ratio", decimals: 3) {
            $0.figures.throttledPercent.scaled(by: 0.01)
        },
        SnapshotField("memory.current") { $0.figures.memory },
        SnapshotField("memory.max") { $0[.memoryMax] },
        SnapshotField("memory.max.effective") { row in
            Figure(row.snapshot.effectiveMemoryMax(row.index))
        },
        SnapshotField("memory.current.ratio", decimals: 3) {
            $0.figures.memoryShare.scaled(by: 0.01)
        },
        SnapshotField("memory.swap.current") { $0.figures.swap },
        SnapshotField("cpu.pressure.some.avg10", decimals: 2) {
            $0.figures.cpuPressure.scaled(by: 0.01)
        },
        SnapshotField("memory.pressure.some.avg10", decimals: 2) {
            $0.figures.memoryPressure.scaled(by: 0.01)
        },
        SnapshotField("io.pressure.some.avg10", decimals: 2) {
            $0.figures.ioPressure.scaled(by: 0.01)
        },
        SnapshotField("io.rbytes.rate", decimals: 1) { $0.figures.read },
        SnapshotField("io.wbytes.rate", decimals: 1) { $0.figures.written },
        SnapshotField("memory.events.oom_kill") { $0.figures.oomKills },
    ]
}

extension JSONWriter {
    /// Writes known values, and `"max"` for a limit that is not set.
    ///
    /// A value that could not be read is null, with its reason in `unavailable`. Absent values are
    /// left out.
    mutating func write(_ numbers: [(name: String, decimals: Int, figure: Figure)]) {
        var reasons: [(name: String, reason: Reading)] = []
        for (name, decimals, figure) in numbers {
            switch figure {
            case .without(.absent): continue
            case .value(let number):
                key(name)
                literal(DecimalText.fixed(number, places: decimals))
            case .without(.unlimited):
                key(name)
                value("max")
            case .without(let reason):
                key(name)
                literal("null")
                reasons.append((name, reason))
            }
        }
        write(unavailable: reasons)
    }
}
