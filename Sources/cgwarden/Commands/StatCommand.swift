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
            are left out ("-" in the table); an unset limit is "max".

            A cgroup that ended has a last object with "state": "dead" and its totals, read after \
            its last process where the kernel allows that, else from the last sample. What removed \
            cgroups used without a reading that shows it is an object of their parent with \
            "state": "unattributed". CSV has neither.

            Examples:
              cgwarden stat --json -i 5s --cgroup '/system.slice/*'
              cgwarden stat -i 5s --record FILE > /dev/null
              cgwarden stat --csv -n 10 --fields cpu.usage_usec,memory.current,memory.max
              cgwarden stat --list-fields
            """)

    @OptionGroup var options: SystemOptions
    @Flag(help: "One JSON object per cgroup, one per line.") var json = false
    @Flag(help: "Comma-separated values (RFC 4180) with a header line.") var csv = false
    @Option(
        name: [.customShort("i"), .long, .customShort("d"), .customLong("delay")],
        help: "Interval between samples: 500ms, 5s, 1m.")
    var interval = Interval(seconds: 1)
    @Option(
        name: [.customShort("n"), .customLong("samples"), .customLong("iterations")],
        help: "Number of samples; 0, the default, is unlimited.")
    var samples: Int?
    @Option(
        help: "Fields, comma-separated; --list-fields lists them.",
        completion: .fields, transform: FieldList.init(parsing:))
    var fields: FieldList?
    @Option(help: "Only cgroups whose path matches: * within a component, ** across.")
    var cgroup: String?
    @Option(
        name: .customLong("where"),
        help: "Only matching cgroups: 'cpu > 50', 'state = frozen', 'web | db'.")
    var condition: CgroupCondition?
    @OptionGroup(title: "Recording") var recording: RecordOptions
    @Flag(help: "List all fields and exit.") var listFields = false

    func validate() throws {
        if json && csv { throw ValidationError("--json and --csv are mutually exclusive") }
        if let samples, samples < 0 { throw ValidationError("-n cannot be negative") }
    }

    func run() async throws {
        if listFields { return try StandardOutput.write(FieldList.overview) }
        for note in fields?.notes ?? [] { StandardOutput.complain("cgwarden: note: \(note)") }
        let printed = fields?.metrics ?? (json ? nil : FieldList.usual)
        let pattern = try cgroup.map { text in
            guard let pattern = PathPattern(text) else {
                throw ValidationError("--cgroup: the pattern \(text) has an unclosed bracket")
            }
            return pattern
        }
        var configuration = SamplerConfiguration()
        configuration.isContinuous = samples != 1
        configuration.readsEverything = true
        let recorder = try recording.recorder(options.system)
        var metrics = printed ?? ReadPlan.metrics(upTo: .settings)
        metrics += condition?.filter.metrics ?? []
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
        while true {
            let snapshot = await observation.sampler.sample()
            try recorder?.append(snapshot)
            let indices = snapshot.cgroups.indices.filter { index in
                pattern?.matches(snapshot.cgroups[index].path) ?? true
            }.filter { index in
                condition?.filter.matches(
                    FilterSubject(
                        snapshot, index, identity: identities.identity(of: snapshot.cgroups[index]))
                )
                    ?? true
            }
            if condition == nil, count == 0, indices.isEmpty, let cgroup {
                let all = try await CgroupLookup(observation.set).cgroups().map(\.path)
                let similar = CgroupLookup.similar(to: cgroup, CgroupPath(cgroup), among: all)
                throw CgwardenError(
                    "no cgroup matches \(cgroup.printable); "
                        + (similar.isEmpty
                            ? "`cgwarden tree` lists them" : Spelling.question(similar)),
                    .noInput)
            }
            try StandardOutput.write(output.render(snapshot, indices))
            if let report = deaths?.take(snapshot) {
                let isMeant = { (path: CgroupPath) in pattern?.matches(path) ?? true }
                try StandardOutput.write(
                    output.render(
                        snapshot, dead: report.tombstones.filter { isMeant($0.cgroup.path) },
                        report.unattributed.filter { isMeant($0.parent.path) },
                        previous: previous))
                previous = snapshot
            }
            count += 1
            if count == samples { break }
            try await cadence.wait(interval.duration)
        }
        try recorder?.sync()
    }
}
