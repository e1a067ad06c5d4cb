import CgroupModel

/// The topic of the detail pane.
enum DetailKind: CaseIterable, Sendable {
    case cpu, memory, io, pressure, limits

    var title: String {
        switch self {
        case .cpu: "CPU"
        case .memory: "Memory"
        case .io: "I/O"
        case .pressure: "Pressure"
        case .limits: "Limits"
        }
    }

    /// The charts of the pane.
    var charts: [Chart] {
        switch self {
        case .cpu:
            [
                Chart("CPU", column: .cpu, floor: 10) { Quantity.percent($0) + "%" },
                Chart("throttled", column: .throttled, floor: 100) { Quantity.percent($0) + "%" },
            ]
        case .memory:
            [
                Chart("memory", column: .memory, floor: 1, Quantity.bytes),
                Chart("swap", column: .swap, floor: 1, Quantity.bytes),
            ]
        case .io:
            [
                Chart("in", column: .read, floor: 1) { Quantity.bytes($0) + "/s" },
                Chart("out", column: .written, floor: 1) { Quantity.bytes($0) + "/s" },
            ]
        case .pressure:
            [
                Chart("cpu", column: .pressureCPU, floor: 100) { Quantity.hundredths($0) + "%" },
                Chart("memory", column: .pressureMemory, floor: 100) {
                    Quantity.hundredths($0) + "%"
                },
                Chart("io", column: .pressureIO, floor: 100) { Quantity.hundredths($0) + "%" },
            ]
        case .limits: []
        }
    }
}

/// A chart of one value of the selected cgroup over time.
struct Chart: Sendable {
    let title: String
    let column: Column
    /// The scale reaches at least this value, in the column's unit, so that small noise looks flat.
    let floor: Double
    let text: @Sendable (Double) -> String

    init(
        _ title: String, column: Column, floor: Double,
        _ text: @escaping @Sendable (Double) -> String
    ) {
        self.title = title
        self.column = column
        self.floor = floor
        self.text = text
    }

    /// The charted value in a snapshot; nil if it has none.
    func value(_ snapshot: Snapshot, _ index: Int) -> Double? {
        CgroupFigures(snapshot, index).figure(column).number
    }
}
