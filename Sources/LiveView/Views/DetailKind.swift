import CgroupModel

/// What a detail pane is about.
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

    /// The values that are drawn over time.
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

/// One value of the selected cgroup over time.
struct Chart: Sendable {
    let title: String
    let column: Column
    /// The lowest top of the scale, so that noise about nothing looks like nothing.
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

    /// Its value in one snapshot.
    func value(_ snapshot: Snapshot, _ index: Int) -> Double? {
        CgroupFigures(snapshot, index).figure(column).number
    }
}
