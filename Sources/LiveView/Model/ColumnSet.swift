/// A named choice of columns, which a digit selects.
package enum ColumnSet: String, CaseIterable, Sendable {
    case overview, memory, io, pressure, limits

    /// The digit that selects it.
    var key: Character { Character("\((Self.allCases.firstIndex(of: self) ?? 0) + 1)") }

    /// Its name on the screen.
    var title: String {
        switch self {
        case .overview: "overview"
        case .memory: "memory"
        case .io: "I/O"
        case .pressure: "pressure"
        case .limits: "limits"
        }
    }

    /// The columns, the most important first; nil for those that the user chose.
    var columns: [Column]? {
        switch self {
        case .overview: nil
        case .memory:
            [
                .memory, .memoryShare, .memoryAnon, .memoryFile, .memoryKernel, .swap, .memoryPeak,
                .majorFaults, .oom, .pressureMemory, .state,
            ]
        case .io: [.read, .written, .reads, .writes, .pressureIO, .fullIO, .memoryFile, .state]
        case .pressure:
            [
                .cpu, .pressureCPU, .throttled, .memory, .pressureMemory, .fullMemory, .pressureIO,
                .fullIO, .state,
            ]
        case .limits:
            [
                .cpu, .cpuMax, .memory, .memoryMax, .tasks, .pidsMax, .memoryShare, .throttled,
                .memoryHigh, .cpuWeight, .owner, .oom, .state,
            ]
        }
    }
}
