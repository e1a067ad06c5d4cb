import ArgumentParser
import CgroupModel
import Hierarchy
import KernelIO
import LiveView
import Reports
import Service
import UnixSignals

/// Shows a minute of real work under real limits.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Run sample workloads under policies for a minute (as root).",
        discussion: """
            Creates the cgroup /cgwarden-demo with a build, a database, a fork loop and a backup \
            in it, and runs the daemon with short versions of the example policies. The build is \
            throttled and released, the database is frozen before the OOM killer acts and then \
            gets more memory, the fork loop is frozen and killed, and the backup is kept from \
            saturating the disk. The live view shows it; without a terminal, decisions are printed \
            as they are made. Everything is removed at the end, even if the command is killed.

            Examples:
              cgwarden demo
              cgwarden demo --seconds 30 | cat          decisions only
            """)

    @Option(help: "Duration in seconds.") var seconds = 60
    @Option(
        name: .customLong("web.listen-address"),
        help: ArgumentHelp(
            "Address for /metrics of the demo's daemon; - to disable.", valueName: "address"))
    var listenAddress = "127.0.0.1:10981"

    func validate() throws {
        guard (5...3600).contains(seconds) else {
            throw ValidationError("--seconds must be from 5 to 3600")
        }
    }

    func run() async throws {
        guard EffectiveUser.isRoot else {
            throw CgwardenError(
                "the demo creates cgroups, which needs root: sudo cgwarden demo", .noPermission)
        }
        let set = try HierarchySet.discover()
        let keeper = try DemoKeeper(seconds: seconds, address: listenAddress)
        try StandardOutput.write(introduction(DemoStage.scene(of: set.system)))
        var tale = try DemoTale(DemoStage.auditFile)
        if StandardOutput.isTerminal && StandardOutput.inputIsTerminal {
            try await watch(until: keeper)
        } else {
            // A signal ends the demo but not this loop, so the remaining output is still printed.
            let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
            let ending = Task { for await _ in signals { keeper.end() } }
            defer { ending.cancel() }
            while !keeper.hasEnded {
                try show(tale.news())
                try await Task.sleep(for: .milliseconds(500))
            }
        }
        keeper.end()
        try show(tale.news() + ["", "Demo finished; everything it created was removed."])
    }

    private func show(_ lines: [String]) throws {
        for line in lines { try StandardOutput.write(line + "\n") }
    }

    private func introduction(_ scene: DemoScene) -> String {
        let works = scene.works.map { work in
            let name = work.cgroup.name
            return "  \(name)\(String(repeating: " ", count: 10 - name.count))\(work.summary)\n"
        }
        let metrics = listenAddress == "-" ? "" : "  metrics   http://\(listenAddress)/metrics\n"
        return "For \(seconds) s below \(DemoScene.root):\n\(works.joined())\(metrics)\n"
    }

    /// Shows the live view of the demo's cgroups until the user or the demo ends it.
    private func watch(until keeper: DemoKeeper) async throws {
        // Leaves time to read the introduction.
        try await Task.sleep(for: .seconds(3))
        var sampling = SamplerConfiguration()
        sampling.scope = SampleScope(subtree: DemoScene.root, depth: nil, withAncestors: true)
        let observation = try Observation(
            .live, metrics: ReadPlan.metrics(upTo: .settings),
            configuration: sampling)
        var layout = Layout()
        layout.delay = 0.5
        try await TopScreen.show(
            LiveSource(observation, nil), layout,
            options: ScreenOptions(
                host: ActingHost { Cgwarden.configuration.subcommands })
        ) {
            while !keeper.hasEnded { try? await Task.sleep(for: .milliseconds(200)) }
        }
    }
}

/// The helper of `demo`, which keeps it running and removes it.
struct DemoStageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo-stage", abstract: "The helper that runs a demo.",
        shouldDisplay: false)

    @Option var seconds: Int
    @Option var address: String

    func run() throws {
        ProcessName.set("cgwarden-demo")
        do {
            let stage = try DemoStage(.discover(), seconds: seconds, address: address)
            try stage.play { try StandardOutput.write(DemoKeeper.readyLine + "\n") }
        } catch {
            let failure = CgwardenError(error) ?? CgwardenError("\(error)", .software)
            try StandardOutput.write(DemoKeeper.failureLine(failure) + "\n")
        }
    }
}
