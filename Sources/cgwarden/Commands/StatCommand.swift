import ArgumentParser
import CgroupModel
import Events
import Hierarchy
import KernelIO
import PolicyLanguage
import Reports
import Service

/// Prints samples as a stream for scripts.
struct StatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stat", abstract: "Print samples of all cgroups as a stream.",
        discussion: """
            The first sample comes immediately. From the second sample on, counters also have \
            rates per second (NAME.rate), which the table shows instead of the counters: CPU time \
            as percent of one CPU, other counters per second. Values that a cgroup does not have \
            are left out ("-" in the table); an unset limit is "max". The table shows cpu.max in \
            CPUs, JSON and CSV its microseconds per cpu.max.period.

            A cgroup that ended has a last object with "state": "dead" and its totals, read after \
            its last process ended if the kernel allows that, otherwise from the last sample. \
            Usage of removed cgroups after their last sample is printed as an object of the parent \
            with "state": "unattributed". CSV output, --top and --where omit both.

            With --from, prints the daemon's history, or a recording, in the same forms, but \
            without objects of removed cgroups and without names of containers. With --step, \
            rates cover the time since the sample before. --openmetrics prints the families of \
            /metrics for `promtool tsdb create-blocks-from openmetrics`.

            Examples:
              cgwarden stat web -n 5 -i 2s               one cgroup and those in it
              cgwarden stat --json -i 5s --cgroup '/system.slice/*'
              cgwarden stat -i 5s --record FILE > /dev/null
              cgwarden stat --csv -n 10 --fields cpu.usage_usec,memory.current,memory.max
              cgwarden stat --from -2h --step 1m --top 10 --by memory.current
              cgwarden stat --from 'yesterday 14:00' --to 'yesterday 15:00' --csv
              cgwarden stat --list-fields
            """)

    @OptionGroup var options: SystemOptions
    @Argument(
        help: ArgumentHelp("Only this cgroup and its descendants.", valueName: "cgroup"),
        completion: .cgroup)
    var subtree: String?
    @Flag(help: "One JSON object per cgroup, one per line.") var json = false
    @Flag(help: "Comma-separated values (RFC 4180) with a header line.") var csv = false
    @Option(
        name: [.customShort("i"), .long, .customShort("d"), .customLong("delay")],
        help: "Interval between samples: 500ms, 5s, 1m (default: 1s).")
    var interval: Interval?
    @Option(
        name: [.customShort("n"), .customLong("samples"), .customLong("iterations")],
        help: "Number of samples; 0, the default, is unlimited.")
    var samples: Int?
    @Option(
        help: "Fields, comma-separated; --list-fields lists all fields.",
        completion: .fields, transform: FieldList.init(parsing:))
    var fields: FieldList?
    @Option(help: "Only cgroups whose path matches: * within a component, ** across.")
    var cgroup: String?
    @Option(
        name: .customLong("where"),
        help: "Only matching cgroups: 'cpu > 50', 'state = frozen', 'web | db'.",
        transform: CgroupCondition.init(parsing:))
    var condition: CgroupCondition?
    @Option(help: "Number of cgroups to print, those with the highest value of --by.") var top: Int?
    @Option(
        help: "Field for --top (default: cpu.usage_usec.rate).",
        completion: FieldName.defaultCompletionKind, transform: FieldName.init(parsing:))
    var by: FieldName?
    @Flag(help: "Wait for the first cgroup that matches --cgroup.") var wait = false
    @OptionGroup(title: "Recording") var recording: RecordOptions
    @OptionGroup(title: "The past") var past: RangeOptions
    #if Exporter
    @Flag(help: "Print the past as OpenMetrics text with timestamps.") var openmetrics = false
    #endif
    @Flag(help: "List all fields and exit.") var listFields = false

    private static let usualInterval = Interval(seconds: 1)

    /// Notes that a recording is still empty if its first sample takes long.
    private static func reminder(_ file: String) -> Task<Void, Never> {
        Task {
            guard (try? await Task.sleep(for: .seconds(3))) != nil else { return }
            StandardOutput.complain(
                "cgwarden: still waiting for the first sample; \(file) stays empty until then")
        }
    }

    func validate() throws {
        if json && csv { throw ValidationError("--json and --csv are mutually exclusive") }
        if subtree != nil, cgroup != nil {
            throw ValidationError("a cgroup and --cgroup are mutually exclusive")
        }
        if wait, cgroup == nil { throw ValidationError("--wait needs --cgroup") }
        if let samples, samples < 0 { throw ValidationError("-n cannot be negative") }
        if let top, top < 1 { throw ValidationError("--top must be at least 1") }
        if by != nil, top == nil { throw ValidationError("--by needs --top") }
        if past.from != nil, condition != nil {
            throw ValidationError("--from and --where are mutually exclusive")
        }
        if past.from != nil, interval != nil || recording.record != nil {
            throw ValidationError("--from is mutually exclusive with --interval and --record")
        }
        #if Exporter
        guard openmetrics else { return }
        if past.from == nil { throw ValidationError("--openmetrics needs --from") }
        if json || csv || top != nil || samples != nil {
            throw ValidationError(
                "--openmetrics is mutually exclusive with --json, --csv, --top "
                    + "and -n")
        }
        #endif
    }

    /// The cgroups to print; nil for all.
    private func pattern() async throws -> PathPattern? {
        if let subtree {
            let lookup = CgroupLookup(try HierarchySet.discover(options.system))
            do {
                return PathPattern(subtree: try await lookup.resolve(subtree))
            } catch  where past.from != nil {
                // A cgroup of the past may no longer exist.
                return PathPattern(subtree: try lookup.path(subtree))
            }
        }
        return try cgroup.map { text in
            guard let pattern = PathPattern(text) else {
                throw ValidationError("--cgroup: pattern \(text): unclosed bracket; close it")
            }
            return pattern
        }
    }

    func run() async throws {
        if listFields {
            return try StandardOutput.write(
                WrappedText.text(FieldList.overview, to: StandardOutput.width))
        }
        for note in fields?.notes ?? [] { StandardOutput.complain("cgwarden: note: \(note)") }
        if samples == 1, past.from == nil, fields?.namesRates ?? false {
            StandardOutput.complain(
                "cgwarden: note: one sample has no rates, so counters are totals; use -n 2")
        }
        if samples == 1, past.from == nil { condition?.noteMissingRates() }
        let printed = fields?.metrics ?? (json ? nil : FieldList.usual)
        let pattern = try await pattern()
        let choice = top.map { TopChoice($0, by: by) }
        if let from = past.from { return try printPast(from, printed, pattern, choice) }
        var configuration = SamplerConfiguration()
        configuration.isContinuous = samples != 1
        configuration.readsEverything = true
        let recorder = try recording.recorder(options.system)
        var metrics = printed ?? ReadPlan.metrics(upTo: .settings)
        metrics += condition?.filter.metrics ?? []
        // Tables show a quota in CPUs.
        if metrics.contains(.cpuMax) { metrics.append(.cpuMaxPeriod) }
        if top != nil { metrics.append((by ?? .usual).metric.id) }
        if recorder != nil {
            // A recording must answer questions asked later, so it contains all cgroups and fields.
            metrics += ReadPlan.metrics(upTo: .settings)
        } else if let top = pattern?.top {
            configuration.scope = SampleScope(
                subtree: top.path, depth: top.isOnlyMatch ? 0 : nil,
                withAncestors: !top.path.isRoot)
        }
        let observation = try Observation(
            options.system, metrics: metrics, configuration: configuration)
        let identities = Identities(observation.set)
        var output = SampleOutput(
            format: json ? .json : csv ? .csv : .table, fields: printed, identities: identities)
        var count = 0
        var cadence = Cadence()
        var deaths = samples == 1 ? nil : HostDeaths(observation.set)
        var previous: Snapshot?
        let reminder = recorder == nil ? nil : Self.reminder(recording.record ?? "")
        defer { reminder?.cancel() }
        while true {
            let snapshot = await observation.sampler.sample()
            try recorder?.append(snapshot)
            reminder?.cancel()
            let indices = snapshot.cgroups.indices.filter { index in
                pattern?.matches(snapshot.cgroups[index].path) ?? true
            }.filter { index in
                condition?.filter.matches(
                    FilterSubject(
                        snapshot, index, identity: identities.identity(of: snapshot.cgroups[index]))
                )
                    ?? true
            }
            if count == 0, indices.isEmpty, wait, condition == nil, let pattern {
                try await CgroupArrival(pattern, in: observation.set, configuration.scope).wait()
                continue
            }
            if condition == nil, count == 0, indices.isEmpty, let cgroup {
                let all = try await CgroupLookup(observation.set).cgroups().map(\.path)
                let similar = CgroupLookup.similar(to: cgroup, CgroupPath(cgroup), among: all)
                throw CgwardenError(
                    "no cgroup matches \(cgroup.printable); "
                        + (similar.isEmpty
                            ? "`cgwarden tree` lists the cgroups" : Spelling.question(similar)),
                    .noInput)
            }
            try StandardOutput.write(
                output.render(snapshot, choice?.rows(snapshot, indices) ?? indices))
            if let report = deaths?.take(snapshot) {
                // A cgroup that ended has no state or rate that a condition or --top could compare.
                let isMeant = { (path: CgroupPath) in
                    condition == nil && choice == nil && pattern?.matches(path) ?? true
                }
                try StandardOutput.write(
                    output.render(
                        snapshot, dead: report.tombstones.filter { isMeant($0.cgroup.path) },
                        report.unattributed.filter { isMeant($0.parent.path) },
                        previous: previous))
                previous = snapshot
            }
            count += 1
            if count == samples { break }
            try await cadence.wait((interval ?? Self.usualInterval).duration)
        }
        try recorder?.sync()
    }
}
