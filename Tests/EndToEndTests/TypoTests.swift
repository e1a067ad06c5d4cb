import Foundation
import TestSupport
import Testing

/// A mistyped word of any kind gets a suggestion.
@Suite struct TypoTests {
    /// A command line after `cgwarden`, and what is suggested.
    struct Typo: CustomTestStringConvertible, Sendable {
        let line: String
        let meant: String
        var testDescription: String { line }

        init(_ line: String, _ meant: String) {
            self.line = line
            self.meant = meant
        }
    }

    static let commandLines = [
        // Commands and subcommands.
        Typo("hepl top", "help"),
        Typo("tpo", "top"), Typo("policy chek", "policy check"), Typo("help exproter", "exporter"),
        // Options.
        Typo("stat --form -1h", "--from"), Typo("events --sinse -1h", "--since"),
        Typo("top --dpeth 2", "--depth"), Typo("stat --feilds x", "--fields"),
        Typo("set --dry-rnu /a pids.max=5", "--dry-run"),
        Typo("run --memroy 1GiB -- ls", "--memory"),
        Typo("exporter --metrics.profle basic", "--metrics.profile"),
        Typo("exporter --log.levl debug", "--log.level"),
        Typo("daemon --log.fromat json", "--log.format"),
        Typo("tree --cgroup-rot /", "--cgroup-root"),
        // Words that are values of options.
        Typo("top --order memroy", "memory"), Typo("top --cpu percentag", "percentage"),
        Typo("exporter --metrics.profile basc", "basic"),
        Typo("exporter --web.inline-labels pod,qso", "qos"),
        Typo("exporter --log.level wran", "warn"), Typo("daemon --log.format jsn", "json"),
        Typo("restore --owner deamon", "daemon"), Typo("kill --signal HPU /a", "HUP"),
        Typo("policy check --mode hybird x.yaml", "hybrid"),
        Typo("events --kind born,oom-kil", "oom-kill"), Typo("run --unshare pid,nte -- ls", "net"),
        Typo("create --controllers cpu,memroy /a", "memory"),
        // Metrics and limits, also by former names and by files of v1.
        Typo("stat --fields memory.curent", "memory.current"),
        Typo("stat --fields memory.usge", "memory.current"),
        Typo("stat --fields memory.usage_in_byte", "memory.current"),
        Typo("stat --fields cpu.presure.some.avg10", "cpu.pressure.some.avg10"),
        Typo("get /app.slice memory.mxa", "memory.max"),
        Typo("set /app.slice memory.mx=1GiB", "memory.max"),
        Typo("set /app.slice cpu.wieght=5", "cpu.weight"),
        Typo("set /app.slice cpu.share=512", "cpu.weight"),
        // Settings of systemd's unit files.
        Typo("set /app.slice CPUQuota=50%", "cpu.max"),
        Typo("set /app.slice CPUQuotaPeriodSec=50ms", "cpu.max.period"),
        Typo("set /app.slice MemoryMax=1GiB", "memory.max"),
        Typo("set /app.slice MemoryLimit=1GiB", "memory.max"),
        Typo("set /app.slice TasksMax=50", "pids.max"),
        Typo("get /app.slice AllowedCPUs", "cpuset.cpus"),
        Typo("stat --fields MemoryHigh", "memory.high"),
        // Names that people expect.
        Typo("set /app.slice mem.max=1GiB", "memory.max"),
        Typo("set /app.slice memory.limit=1GiB", "memory.max"),
        Typo("get /app.slice cpu.limit", "cpu.max"),
        Typo("stat --fields mem.current", "memory.current"),
        Typo("stat --top 3 --by memory.curent", "memory.current"),
        // Units.
        Typo("set /app.slice memory.max=512MiBs", "512MiB"),
        Typo("set /app.slice cpu.max=1.5cpsu", "1.5cpu"),
        Typo("set /app.slice cpu.max.period=50sm", "50ms"),
        Typo("set /app.slice cpu.uclamp.min=50%%", "50%"),
        Typo("set /app.slice io.max=8:0:rbps=10MiB/ss", "10MiB/s"),
        // Fields of a limit, and words that are its values.
        Typo("set /app.slice io.max=8:0:rbsp=10MiB/s", "rbps"),
        Typo("set /app.slice cpuset.cpus.partition=rot", "root"),
        Typo("run --io 8:0:wbsp=10MiB/s -- ls", "wbps"),
        // Cgroups.
        Typo("show db.servic", "/app.slice/db.service"), Typo("get /app.slce", "/app.slice"),
        Typo("set /app.slice/db.srvice pids.max=5", "/app.slice/db.service"),
        Typo("freeze /app.slice/db.servcie --dry-run", "/app.slice/db.service"),
        Typo("kill /app.slice/db.servcie --dry-run", "/app.slice/db.service"),
        Typo("top -b -n 1 /app.slcie", "/app.slice"), Typo("tree /app.slcie", "/app.slice"),
        Typo("stat -n 1 --cgroup /app.slcie", "/app.slice"),
    ]

    @Test(arguments: commandLines) func commandLineGetsASuggestion(typo: Typo) throws {
        let capture = try ProgramCapture("v2")
        var words = typo.line.split(separator: " ").map(String.init)
        let isCommand = !typo.line.hasPrefix("tpo") && !typo.line.hasPrefix("policy chek")
        if isCommand, !typo.line.hasPrefix("help") {
            words.insert(contentsOf: ["--root", capture.root], at: words[0] == "policy" ? 2 : 1)
        }
        let result = try ProgramRun.run(ProgramRun.cgwarden, words)
        #expect([64, 66].contains(result.status), "\(result.status)")
        #expect(result.errorLines.count == 1, "\(result.errors)")
        #expect(
            result.errors.contains("did you mean '\(typo.meant)'")
                || result.errors.contains(" or '\(typo.meant)'?"), "\(result.errors)")
    }

    static let policyLines = [
        Typo("ruels: []", "'rules'"), Typo("groups: {g: {paht: /a}}", "'path'"),
        Typo("rules: [{name: r, on: g, wehn: host.load > 1, do: [log]}]", "'when'"),
        Typo("rules: [{name: r, on: gg, when: host.load > 1, do: [log]}]", "'g'"),
        Typo("rules: [{name: r, on: g, when: host.laod > 1, do: [log]}]", "'host.load'"),
        Typo("rules: [{name: r, on: g, when: memory.usge > 1GiB, do: [log]}]", "'memory.current'"),
        Typo("rules: [{name: r, on: g, when: 'agv(memory.current, 5s) > 1B', do: [log]}]", "'avg'"),
        Typo("rules: [{name: r, on: g, when: memory.current > 1GiBB, do: [log]}]", "1GiB"),
        Typo("rules: [{name: r, on: g, when: host.load > 1, do: [lgo]}]", "'log'"),
        Typo("limits: [{on: g, set: {memory.mx: 1GiB}}]", "'memory.max'"),
        Typo("limits: [{on: g, set: {cpu.max: 1.5cpsu}}]", "'1.5cpu'"),
        Typo("limits: [{on: g, ste: {pids.max: 5}}]", "'set'"),
        Typo("pools: {p: {coutn: 1}}", "'count'"), Typo("defaults: {intervall: 1s}", "'interval'"),
        Typo("guards: [{name: w, on: g, resum_for: 1s}]", "'resume_for'"),
        Typo("autosize: [{name: a, on: g, tagret: 5%}]", "'target'"),
        Typo("limits: [{on: g, set: {io.prio.class: idel}}]", "'idle'"),
        Typo("rules: [{name: r, on: g, when: host.load > 1 adn host.load < 2}]", "'and'"),
        Typo("rules: [{name: r, on: g, when: host.load > 1, for: 10sec, do: [log]}]", "'10s'"),
        Typo("rules: [{name: r, on: g, do: [{kill: {signal: TRM}}]}]", "'TERM'"),
        Typo("rules: [{name: r, on: g, do: [log], undo: restor}]", "'restore'"),
        Typo("rules: [{name: r, on: g, when: host.load > 1, do: [{hook: pge}]}]", "'page'"),
        Typo("limits: [{on: g, set: {cpuset.pool: fst}}]", "'fast'"),
    ]

    @Test(arguments: policyLines) func policyGetsASuggestion(typo: Typo) throws {
        let capture = try ProgramCapture("v2")
        let others = [
            "groups: {g: {path: /a}}", "hooks: {page: {exec: [/bin/true]}}",
            "pools: {fast: {count: 1}}",
        ]
        let rest = others.filter { !typo.line.hasPrefix($0.prefix { $0 != ":" }) }
        let lines = ["apiVersion: cgwarden/v1"] + rest + [typo.line, ""]
        try capture.write(lines.joined(separator: "\n"), to: "p.yaml")
        let result = try ProgramRun.cgwarden(
            "policy", "check", "--root", capture.root, "\(capture.root)/p.yaml")
        #expect(result.status == 2)
        #expect(
            result.lines.contains {
                ["did you mean \(typo.meant)", "write \(typo.meant)"].contains(where: $0.contains)
            }, "\(result.output)")
    }

    /// A suggestion that has nothing to do with what was typed misleads.
    @Test(arguments: [
        "top --foo", "panic --foo", "top --order foo", "events --kind foo", "run --foo -- ls",
        "create --controllers foo /x", "run -x", "exporter --web.inline-labels foo",
        "set / foo=5",
    ])
    func wordUnlikeAllOthersGetsNoSuggestion(line: String) throws {
        let result = try ProgramRun.run(
            ProgramRun.cgwarden, line.split(separator: " ").map(String.init))
        #expect(result.status == 64, "\(result.status)")
        #expect(result.errorLines.count == 1, "\(result.errors)")
        #expect(!result.errors.contains("did you mean"), "\(result.errors)")
    }

    @Test func keyOfTheConfigurationGetsASuggestion() throws {
        let capture = try ProgramCapture("v2")
        try capture.write("log_levl: info\n", to: "c.yaml")
        let result = try ProgramRun.cgwarden(
            "daemon", "--root", capture.root, "--config", "\(capture.root)/c.yaml")
        #expect(result.status == 78, "\(result.status)")
        #expect(result.errors.contains("did you mean 'log_level'?"), "\(result.errors)")
    }

    /// A tenant names its cgroups so that the suggestion would act on the terminal.
    @Test func suggestedPathIsEscaped() throws {
        let capture = try ProgramCapture("v2")
        try FileManager.default.createDirectory(
            atPath: "\(capture.root)/cgroup/app.slice/web\u{1b}[2J.scope",
            withIntermediateDirectories: true)
        let result = try ProgramRun.cgwarden(
            "show", "--root", capture.root, "/app.slice/web\u{1b}[2J.scpe")
        #expect(result.status == 66)
        #expect(
            result.errors.hasSuffix(#"did you mean '/app.slice/web\x1b[2J.scope'?"# + "\n"),
            "\(result.errors)")
    }
}
