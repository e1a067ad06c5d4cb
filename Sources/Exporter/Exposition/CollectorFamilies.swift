import CgroupModel

/// The families that report how well each collector's files could be read.
struct CollectorFamilies: Sendable {
    private let labels = Collector.allCases.map { Array("{collector=\"\($0.rawValue)\"}".utf8) }

    func write(_ collectors: [CollectorHealth], to buffer: inout ExpositionBuffer) {
        write(Self.duration, collectors, to: &buffer) { $0.duration }
        write(Self.success, collectors, to: &buffer) { $0.hasFailed ? 0 : 1 }
        write(Self.errors, collectors, to: &buffer) { $0.failures }
        write(Self.skipped, collectors, to: &buffer) { $0.skippedRows }
    }

    private func write(
        _ family: Family, _ collectors: [CollectorHealth], to buffer: inout ExpositionBuffer,
        _ value: (CollectorHealth) -> UInt64
    ) {
        buffer.open(family)
        for health in collectors { buffer.add(labels[health.collector.index], value(health)) }
    }

    private static let duration = Family(
        "cgwarden_collector_duration_seconds", .gauge, unit: "seconds", scale: 1_000_000_000,
        "Time spent reading each collector's files in the last sample.")
    private static let success = Family(
        "cgwarden_collector_success", .gauge,
        "Whether all files of each collector were read in the last sample.")
    private static let errors = Family(
        "cgwarden_collector_errors_total", .counter,
        "Files of each collector that could not be read or parsed.")
    private static let skipped = Family(
        "cgwarden_collector_skipped_rows_total", .counter,
        "Rows of each collector's files for unnamed devices, such as NVMe paths.")
}
