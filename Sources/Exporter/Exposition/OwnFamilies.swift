import CgroupModel
import KernelIO

/// The families about the program, its sampling and its process.
struct OwnFamilies: Sendable {
    private let buildLabels: [UInt8]
    private let collectors = CollectorFamilies()

    init(version: String) {
        var labels: [UInt8] = []
        labels.append("{version=\"")
        labels.append(labelValue: version)
        labels.append("\",revision=\"")
        labels.append(labelValue: BuildFacts.revision)
        labels.append("\",swift_version=\"")
        labels.append(labelValue: BuildFacts.swiftVersion)
        labels.append("\"}")
        buildLabels = labels
    }

    /// Writes all families.
    ///
    /// `dropped` is the number of cgroups without series by reason; `elapsed` is the duration of
    /// the scrape so far, in nanoseconds.
    func write(
        _ snapshot: Snapshot, _ process: ProcessSample, _ others: [ProgramFamily],
        dropped: [DropReason: Int], elapsed: Reading, to buffer: inout ExpositionBuffer
    ) {
        buffer.open(Self.build)
        buffer.add(buildLabels, 1)
        buffer.open(Self.dropped)
        for (reason, labels) in Self.reasons { buffer.add(labels, UInt64(dropped[reason] ?? 0)) }
        collectors.write(snapshot.health.collectors, to: &buffer)
        let readings =
            [(Self.scrapeDuration, elapsed)] + Self.sampling(snapshot) + Self.process(process)
        for (family, reading) in readings {
            guard let value = reading.value else { continue }
            buffer.open(family)
            buffer.add([], value)
        }
        for family in others { family.write(to: &buffer) }
        // Comes last, and counts itself.
        buffer.open(Self.series)
        buffer.add([], buffer.series + 1)
    }

    private static let build = Family(
        "cgwarden_build_info", .info, "The running version and how it was built.")
    private static let dropped = Family(
        "cgwarden_cgroups_dropped", .gauge, "Cgroups not exported, by reason.")
    private static let reasons = DropReason.allCases.map { ($0, $0.labels) }
    private static let scrapeDuration = Family(
        "cgwarden_scrape_duration_seconds", .gauge, unit: "seconds", scale: 1_000_000_000,
        "Duration of this scrape so far: sampling, if due, and rendering.")
    private static let series = Family(
        "cgwarden_series", .gauge, "Series in this exposition.")

    private static let cgroups = Family(
        "cgwarden_cgroups", .gauge, "Cgroups in the last sample.")
    private static let sampleTime = Family(
        "cgwarden_last_sample_timestamp_seconds", .gauge, unit: "seconds", scale: 1_000_000,
        "When the last sample was taken, in Unix time.")
    private static let sampleDuration = Family(
        "cgwarden_sample_duration_seconds", .gauge, unit: "seconds", scale: 1_000_000_000,
        "Time spent reading the last sample.")
    private static let filesRead = Family(
        "cgwarden_files_read_total", .counter, "Interface files read.")
    private static let malformed = Family(
        "cgwarden_malformed_files_total", .counter,
        "Interface files that could not be parsed.")
    private static let notPermitted = Family(
        "cgwarden_not_permitted_files_total", .counter,
        "Interface files that this process may not read.")
    private static let descriptors = Family(
        "cgwarden_descriptors", .gauge, "Descriptors of interface files kept open.")

    private static func sampling(_ snapshot: Snapshot) -> [(Family, Reading)] {
        let health = snapshot.health
        return [
            (cgroups, Reading(UInt64(snapshot.cgroups.count))),
            (sampleTime, Reading(snapshot.wallTime)),
            (sampleDuration, Reading(health.duration)),
            (filesRead, Reading(health.filesRead)),
            (malformed, Reading(health.malformed)),
            (notPermitted, Reading(health.notPermitted)),
            (descriptors, Reading(health.descriptors)),
        ]
    }

    private static let cpu = Family(
        "process_cpu_seconds_total", .counter, unit: "seconds", scale: 1_000_000,
        "CPU time used by this process.")
    private static let openDescriptors = Family(
        "process_open_fds", .gauge, "Open file descriptors.")
    private static let maximumDescriptors = Family(
        "process_max_fds", .gauge, "Maximum number of file descriptors.")
    private static let virtual = Family(
        "process_virtual_memory_bytes", .gauge, unit: "bytes", "Address space.")
    private static let maximumVirtual = Family(
        "process_virtual_memory_max_bytes", .gauge, unit: "bytes", "Maximum address space.")
    private static let resident = Family(
        "process_resident_memory_bytes", .gauge, unit: "bytes", "Memory in RAM.")
    private static let start = Family(
        "process_start_time_seconds", .gauge, unit: "seconds", scale: 1_000_000,
        "When this process started, in Unix time.")
    private static let threads = Family(
        "process_threads", .gauge, "Threads of this process.")

    private static func process(_ process: ProcessSample) -> [(Family, Reading)] {
        [
            (cpu, process.cpuMicroseconds),
            (openDescriptors, process.openDescriptors),
            (maximumDescriptors, process.maximumDescriptors),
            (virtual, process.virtualBytes),
            (maximumVirtual, process.maximumVirtualBytes),
            (resident, process.residentBytes),
            (start, process.startMicroseconds),
            (threads, process.threads),
        ]
    }
}
