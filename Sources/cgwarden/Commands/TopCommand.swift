import ArgumentParser
import CgroupModel
import Hierarchy
import KernelIO
import LiveView
import Reports
import Service

/// Shows the live view, or the same table as text.
struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Show cgroups live, like systemd-cgtop.",
        discussion: """
            Shows the tree of cgroups with their usage, limits, pressure and state, and refreshes \
            it every second. Accepts every option of systemd-cgtop, with the same meaning. In the \
            live view h lists the keys.

            If standard output is not a terminal, it prints three samples as text. With -b it \
            prints text until it is stopped. -n sets the number of samples. On a terminal, and \
            where COLUMNS is set, the text has long paths cut in the middle to the width; --full \
            shows them whole.

            If the daemon runs, the live view shows the daemon's samples, and its title says \
            "from the daemon". It takes its own samples with --no-attach, without a daemon, if -d \
            is shorter than the daemon's interval, or if the daemon's samples omit cgroups. Text \
            output takes its own samples unless --attach is given. Only root and members of the \
            group cgwarden can read the daemon's samples.

            --url shows another host through its daemon or exporter. The title names the host. \
            With --at it shows the past of that host. The cgroups of another host cannot be \
            changed. A password comes from a file.

            --record saves all samples; --replay shows a recording in the same view. --at shows \
            the daemon's history at a time, paused: [ and ] step, { and } jump, g goes to a time, \
            n and N to the next and previous event, and space plays. Where samples were thinned \
            out, v shows the peak or the mean of each period instead of its last sample. As text, \
            --at prints one sample and --replay prints all.

            Examples:
              cgwarden top
              cgwarden top -m --depth 2 /system.slice
              cgwarden top -b -n 3 -d 2 --csv
              cgwarden top --record FILE
              cgwarden top --at 'yesterday 14:00'
              cgwarden top --replay FILE --at -10m
              cgwarden top --url https://node7:10980 --ca ca.pem
            """)

    @OptionGroup var options: SystemOptions
    @OptionGroup var state: StateDirectoryOption
    @Argument(help: "The topmost cgroup.", completion: .cgroup) var root = "/"
    @Flag(name: .shortAndLong, help: "Print text instead of the live view.") var batch = false
    @Option(
        name: [.customShort("n"), .customLong("iterations")],
        help: "Number of samples; 0 is unlimited (default: 3 as text without -b, else 0).")
    var iterations: Int?
    @Flag(name: .customShort("1"), help: "Take one sample, as -n 1.") var once = false
    @Option(
        name: [.short, .long, .customLong("interval")],
        help: "Interval: 500ms, 2s, or a number of seconds (default: 1s).")
    var delay: Interval?
    @Option(
        name: [.customShort("M"), .long],
        help: "Show only the cgroups of this container.")
    var machine: String?
    @Option(help: "CPU as percentage (the default) or time.") var cpu: CPUForm?
    @Option(help: "Number of levels below the topmost cgroup.") var depth: Int?
    @Flag(help: "Sort by path, tasks, CPU, memory, I/O.") var order: Order?
    @Option(
        name: .customLong("order"),
        help: "Sort by path, tasks, cpu, memory, io, or a column's name or metric.",
        completion: .words(SortName.usual), transform: SortName.init(parsing:))
    var orderName: SortName?
    @Flag(exclusivity: .chooseLast) var counting: ProcessCount.Kind?
    @Option(help: "With -P and -k: also count the processes of descendants: yes or no.")
    var recursive: YesOrNo?
    @Flag(name: .shortAndLong, help: "Print raw numbers without units.") var raw = false
    @Flag(help: "Print paths in full instead of cutting them to the width.") var full = false
    @Flag(inversion: .prefixedNo, help: "Print a header above each sample.") var header = true
    @Flag(help: "One JSON object per cgroup, one per line.") var json = false
    @Flag(help: "Comma-separated values (RFC 4180).") var csv = false
    @Option(
        name: .customLong("where"),
        help: "Show only matching cgroups: 'cpu > 50', 'unit ~ nginx'.",
        transform: CgroupCondition.init(parsing:))
    var condition: CgroupCondition?
    @Flag(inversion: .prefixedNo, help: "Select and sort with the mouse in the live view.")
    var mouse = true
    @OptionGroup(title: "Recording") var recording: RecordOptions
    @OptionGroup(title: "Recording") var replaying: ReplayOptions
    #if Exporter
    @OptionGroup(title: "Another host") var remote: RemoteOptions
    #endif
    @Flag(
        inversion: .prefixedNo,
        help: "Show the frames that the running daemon keeps (default: in the live view).")
    var attach: Bool?

    enum Order: EnumerableFlag {
        case path, tasks, cpu, memory, io

        static func name(for value: Order) -> NameSpecification {
            switch value {
            case .path: .customShort("p")
            case .tasks: .customShort("t")
            case .cpu: .customShort("c")
            case .memory: .customShort("m")
            case .io: .customShort("i")
            }
        }

        var key: SortKey {
            switch self {
            case .path: .path
            case .tasks: .tasks
            case .cpu: .cpu
            case .memory: .memory
            case .io: .io
            }
        }
    }

    /// How the CPU column is shown.
    enum CPUForm: String, ExpressibleByArgument, CaseIterable {
        case percentage, time
    }

    struct SortName {
        let key: SortKey
        /// The note for a former name.
        let note: String?

        init(parsing argument: String) throws {
            let name = CatalogName(argument)
            let metric = name?.metric?.id
            guard
                let key = SortKey(typed: argument)
                    ?? SortKey.allCases.first(where: { metric.map($0.metrics.contains) ?? false })
            else {
                throw ValidationError(
                    unknown: "order", argument, among: SortKey.allCases.map(\.rawValue))
            }
            self.key = key
            note = name?.note
        }

        /// The orders of systemd-cgtop.
        static var usual: [String] {
            [SortKey.path, .tasks, .cpu, .memory, .io].map(\.rawValue)
        }
    }

    func validate() throws {
        if json && csv { throw ValidationError("--json and --csv are mutually exclusive") }
        if let iterations, iterations < 0 { throw ValidationError("-n cannot be negative") }
        if machine != nil, root != "/" {
            throw ValidationError("--machine and a cgroup are mutually exclusive")
        }
        if counting == nil, recursive?.isYes == false {
            throw ValidationError(
                "--recursive=no applies to processes, not to tasks; add -P or -k")
        }
        if counting != nil, replaying.replay != nil {
            throw ValidationError("a recording has no processes; leave out -P and -k")
        }
        if let depth, depth < 0 { throw ValidationError("--depth cannot be negative") }
        if recording.record != nil, replaying.isReplay {
            throw ValidationError("--record is mutually exclusive with --replay and --at")
        }
        if machine != nil, replaying.isReplay {
            throw ValidationError("--machine is mutually exclusive with --replay and --at")
        }
        if replaying.store.history != nil, replaying.at == nil, attach != true {
            throw ValidationError("--history needs --at or --attach")
        }
        if attach == true {
            if replaying.isReplay || recording.record != nil || counting != nil {
                throw ValidationError(
                    "--attach is mutually exclusive with --replay, --at, --record, -P and -k")
            }
            guard options.isWholeHost else {
                throw ValidationError("--attach shows this host; leave out --cgroup-root")
            }
        }
        #if Exporter
        guard remote.url != nil else { return }
        if replaying.replay != nil || replaying.store.history != nil || recording.record != nil
            || counting != nil || machine != nil || attach == true || !options.isWholeHost
        {
            throw ValidationError(
                "--url is mutually exclusive with options that read this host or a file")
        }
        #endif
    }

    func run() async throws {
        var layout = SavedLayout.load()
        if let key = order?.key ?? orderName?.key { layout.sort = key }
        if let note = orderName?.note { StandardOutput.complain("cgwarden: note: \(note)") }
        if let delay { layout.delay = delay.seconds }
        if let cpu { layout.percent = cpu == .percentage }
        #if Exporter
        if let host = try remote.host() { return try await show(host, layout) }
        #endif
        if let file = replaying.replay { return try await replay(file, layout) }
        if let time = replaying.at { return try await showPast(time, layout) }
        let set = try HierarchySet.discover(options.system)
        let path = try await CgroupLookup(set).resolve(machine ?? root)
        var configuration = SamplerConfiguration()
        configuration.scope = scope(path)
        configuration.isContinuous = !isBatch || textSamples != 1
        let recorder = try recording.recorder(options.system)
        let observation = try Observation(
            options.system, metrics: metrics(layout), configuration: configuration)
        let frames = try await frames(observation, scope(path), layout)
        guard isBatch else {
            return try await TopScreen.show(
                LiveSource(
                    observation, from: frames, recorder, in: configuration.scope,
                    counting: processes(set)),
                layout,
                options: screenOptions(ActingHost(options) { Cgwarden.configuration.subcommands }),
                most: count)
        }
        let most = textSamples
        if most == 1, frames == nil { condition?.noteMissingRates() }
        let processes = format == .table ? processes(set) : nil
        var printer = printer(
            layout, below: path, identities: Identities(set), tasksTitle: processes?.title)
        var cadence = Cadence()
        while true {
            let next =
                if let frames {
                    await frames.next(interval: layout.delay)
                } else {
                    await observation.sampler.sample()
                }
            if let snapshot = next {
                try recorder?.append(snapshot)
                try printer.print(processes?.counted(snapshot) ?? snapshot)
                if printer.count == most { break }
            }
            try await cadence.wait(.microseconds(Int64(layout.delay * 1e6)))
        }
        try recorder?.sync()
    }

    /// The number of samples; nil for no end.
    var count: Int? { once ? 1 : iterations == 0 ? nil : iterations }

    /// The maximum number of samples in text output; nil for no limit.
    var textSamples: Int? { iterations == nil && !once && !batch ? 3 : count }

    var isBatch: Bool { batch || json || csv || once || !StandardOutput.isTerminal }

    private var format: SampleOutput.Format { json ? .json : csv ? .csv : .table }

    private func processes(_ set: HierarchySet) -> ProcessCount? {
        counting.map { ProcessCount($0, isRecursive: recursive?.isYes ?? true, set) }
    }

    func printer(
        _ layout: Layout, below path: CgroupPath, identities: Identities?,
        tasksTitle: String? = nil
    ) -> SamplePrinter {
        let table = PlainTable(
            layout: layout, raw: raw, width: full ? nil : StandardOutput.width,
            tasksTitle: tasksTitle)
        return SamplePrinter(
            format, table, header: header, below: path, identities: identities,
            condition: condition?.filter)
    }

    func screenOptions(
        _ host: ActingHost? = nil, isPaused: Bool = false
    ) -> ScreenOptions {
        ScreenOptions(
            host: host, mouse: mouse, filter: condition?.text ?? "", isPaused: isPaused)
    }

    /// The metrics to read: all, unless only some are printed and nothing is recorded.
    private func metrics(_ layout: Layout) -> [MetricID] {
        guard isBatch, recording.record == nil, !json else {
            return ReadPlan.metrics(upTo: .settings)
        }
        let extra =
            layout.columns.subtracting(Column.usual).flatMap(\.metrics)
            + (condition?.filter.metrics ?? [])
        if csv { return FieldList.usual + extra }
        guard textSamples == 1 else { return CgroupFigures.metrics + extra }
        return CgroupFigures.metrics.filter { metric in
            !CgroupFigures.rates.contains(metric) && !(metric == .cpuUsage && layout.percent)
        } + extra
    }

    func scope(_ path: CgroupPath) -> SampleScope {
        SampleScope(subtree: path, depth: depth, withAncestors: !path.isRoot)
    }
}
