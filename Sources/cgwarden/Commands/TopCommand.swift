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
            it every second. Every option of systemd-cgtop means the same. In the live view h lists \
            the keys. Without a terminal on standard output it prints text, three samples unless -n \
            says otherwise.

            With --record it keeps what it sees; --replay shows a recording in the same view, in \
            which one can step back and forward.

            Examples:
              cgwarden top
              cgwarden top -m --depth 2 /system.slice
              cgwarden top -b -n 3 -d 2 --csv
              cgwarden top --record FILE
              cgwarden top --replay FILE --at -10m
            """)

    @OptionGroup var options: SystemOptions
    @Argument(help: "The topmost cgroup.", completion: .cgroup) var root = "/"
    @Flag(name: .shortAndLong, help: "Print text instead of the live view.") var batch = false
    @Option(
        name: [.customShort("n"), .customLong("iterations")],
        help: "How many samples; endless by default.")
    var iterations: Int?
    @Flag(name: .customShort("1"), help: "One sample: the same as -n 1.") var once = false
    @Option(
        name: .shortAndLong, help: "Time between samples: 500ms, 2s, or seconds; 1s by default.")
    var delay: Interval?
    @Option(help: "How many levels below the topmost cgroup.") var depth: Int?
    @Flag(help: "Order by path, tasks, CPU, memory, I/O.") var order: Order?
    @Option(name: .customLong("order"), help: "The same by name: path, tasks, cpu, memory, io.")
    var orderName: SortName?
    @Flag(name: .shortAndLong, help: "Print exact numbers instead of units.") var raw = false
    @Flag(inversion: .prefixedNo, help: "Print the head above each sample.") var header = true
    @Flag(help: "One JSON object a cgroup and line.") var json = false
    @Flag(help: "Comma-separated values (RFC 4180).") var csv = false
    @OptionGroup(title: "Recording") var recording: RecordOptions
    @OptionGroup(title: "Recording") var replaying: ReplayOptions

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

    struct SortName: ExpressibleByArgument {
        let key: SortKey

        init?(argument: String) {
            guard let key = SortKey(rawValue: argument) else { return nil }
            self.key = key
        }

        static var allValueStrings: [String] { SortKey.allCases.map(\.rawValue) }
        static var defaultCompletionKind: CompletionKind { .words(allValueStrings) }
    }

    func validate() throws {
        if json && csv { throw ValidationError("--json and --csv exclude each other.") }
        if let iterations, iterations < 1 { throw ValidationError("-n needs a number above 0.") }
        if let depth, depth < 0 { throw ValidationError("--depth cannot be negative.") }
        if recording.record != nil, replaying.replay != nil {
            throw ValidationError("--record and --replay exclude each other.")
        }
    }

    func run() async throws {
        var layout = SavedLayout.load()
        if let key = order?.key ?? orderName?.key { layout.sort = key }
        if let delay { layout.delay = delay.seconds }
        if let file = replaying.replay { return try await replay(file, layout) }
        let set = try HierarchySet.discover(options.system)
        let path = try await CgroupLookup(set).resolve(root)
        var configuration = SamplerConfiguration()
        configuration.scope = scope(path)
        let recorder = try recording.recorder(options.system)
        let observation = try Observation(
            options.system, metrics: ReadPlan.metrics(upTo: .settings), configuration: configuration
        )
        guard isBatch else {
            return try await TopScreen.show(LiveSource(observation, recorder), layout)
        }
        let most = once ? 1 : iterations ?? (batch ? nil : 3)
        var printer = SamplePrinter(
            self, layout, below: path, identities: Identities(set))
        var cadence = Cadence()
        repeat {
            if printer.count > 0 {
                try await cadence.wait(.microseconds(Int64(layout.delay * 1e6)))
            }
            let snapshot = await observation.sampler.sample()
            try recorder?.append(snapshot)
            try printer.print(snapshot)
        } while printer.count != most
        try recorder?.sync()
    }

    /// Shows the recording from the requested time on, as text or in the live view.
    private func replay(_ file: String, _ layout: Layout) async throws {
        var replay = try Replay(file, at: replaying.at, scope(.root))
        let path = try CgroupPath(typed: root, where: replay.has)
        try replay.require(path)
        replay.scope = scope(path)
        guard isBatch else {
            return try await TopScreen.show(ReplaySource(replay, name: file), layout)
        }
        let count = once ? 1 : iterations
        var printer = SamplePrinter(self, layout, below: path, identities: nil)
        while printer.count != count, let snapshot = try replay.next() {
            try printer.print(snapshot)
        }
        for note in replay.notes { StandardOutput.complain("cgwarden: \(note)") }
    }

    private var isBatch: Bool { batch || json || csv || once || !StandardOutput.isTerminal }

    private func scope(_ path: CgroupPath) -> SampleScope {
        SampleScope(subtree: path, depth: depth, withAncestors: !path.isRoot)
    }
}

/// Prints samples as text, one after another.
private struct SamplePrinter {
    private let command: TopCommand
    private let path: CgroupPath
    private let table: PlainTable
    private var output: SampleOutput
    /// The number of samples printed.
    private(set) var count = 0

    init(
        _ command: TopCommand, _ layout: Layout, below path: CgroupPath, identities: Identities?
    ) {
        self.command = command
        self.path = path
        table = PlainTable(layout: layout)
        output = SampleOutput(
            format: command.json ? .json : .csv, fields: command.json ? nil : FieldList.usual,
            identities: identities)
    }

    mutating func print(_ snapshot: Snapshot) throws {
        // The ancestors are sampled too, but only for effective limits.
        let indices = snapshot.cgroups.indices.filter {
            snapshot.cgroups[$0].path.isWithin(path)
        }
        if command.json || command.csv {
            try StandardOutput.write(output.render(snapshot, indices))
        } else {
            let gap = count == 0 ? "" : "\n"
            try StandardOutput.write(
                gap + table.text(snapshot, indices, raw: command.raw, header: command.header))
        }
        count += 1
    }
}
