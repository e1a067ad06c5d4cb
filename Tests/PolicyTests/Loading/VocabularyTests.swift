import CgroupModel
import Configuration
import Testing

@testable import PolicyLanguage

@Suite struct VocabularyTests {
    private func metric(_ name: String) throws -> PolicyMetric {
        try #require(PolicyVocabulary.metric(named: name), "\(name)")
    }

    /// The names that policies had at first, of which many are former names now.
    @Test func everyNameOfTheFirstPoliciesIsKnown() throws {
        let memory = [
            "usage", "max", "limit", "anon", "file", "swap", "unreclaimable", "high_events",
            "max_events", "oom_events", "oom_kills", "pgscan",
        ].map { "memory.\($0)" }
        let pressure = ["cpu", "memory", "io"].flatMap { resource in
            ["some", "full"].flatMap { line in
                ["avg10", "avg60", "avg300", "total"].map { "psi.\(resource).\(line).\($0)" }
            }
        }
        let rest = [
            "cpu.usage", "cpu.user", "cpu.system", "cpu.throttled_ratio", "cpu.throttled_time",
            "cpu.limit", "io.read_rate", "io.write_rate", "io.read_ops", "io.write_ops",
            "pids.current", "pids.max", "pids.forks_failed", "group.populated", "group.age",
            "group.frozen", "host.memory.available", "host.memory.swap_free", "host.load",
            "host.cpu.util", "host.time", "host.disk.util",
        ]
        for name in memory + pressure + pressure.map({ "host.\($0)" }) + rest {
            _ = try metric(PolicyVocabulary.canonical(name).name)
        }
    }

    @Test(arguments: [
        ("memory.usage > 1GiB", "memory.current > 1GiB"),
        ("avg(cpu.usage, 5s) > 1cpus", "avg(cpu.usage_usec.rate, 5s) > 1cpus"),
        ("host.psi.io.full.avg10 > 5%", "host.io.pressure.full.avg10 > 5%"),
        ("not group.frozen and group.age > 5s", "not cgroup.frozen and cgroup.age > 5s"),
        ("io.write_rate[8:0] > 1MB/s", "io.wbytes.rate[8:0] > 1MB/s"),
        ("group(\"g\").memory.usage > 1GiB", "group(\"g\").memory.current > 1GiB"),
    ])
    func formerNameMeansTheCanonicalOne(former: String, canonical: String) throws {
        func rule(_ text: String) throws -> (Condition, [String]) {
            let load = PolicyText.load(PolicyText.rule("when: '\(text)'", "do: [log]"))
            let names = load.findings.filter { $0.rule == .formerName }.map(\.error.message)
            return (try #require(load.document).rules[0].when, names)
        }
        let (condition, notes) = try rule(former)
        let (wanted, none) = try rule(canonical)
        #expect(condition == wanted)
        #expect(!notes.isEmpty, "no note")
        #expect(notes.allSatisfy { $0.contains(" is an old name; use ") }, "\(notes)")
        #expect(none == [])
    }

    /// Expressions accept each number under all of its names, and refuse texts under all of theirs.
    @Test func expressionsAcceptEveryNameOfEveryRow() {
        for row in MetricCatalog.all {
            let isNumber = PolicyVocabulary.metric(named: row.name) != nil
            for name in [row.name] + CatalogName.others(of: row) {
                let load = PolicyText.load(PolicyText.rule("when: missing(\(name))", "do: [log]"))
                let errors = load.findings.filter { $0.severity == .error }.map(\.error.message)
                #expect(
                    errors
                        == (isNumber
                            ? [] : ["'\(name)' is not numeric, so expressions cannot use it"]))
            }
        }
    }

    @Test func everyCatalogMetricHasAName() throws {
        for row in MetricCatalog.all {
            let known = PolicyVocabulary.metric(named: row.name)
            #expect(
                (known == nil) == (row.kind == .text || [.signed, .none].contains(row.unit)),
                "\(row.name)")
            guard let known, case .catalog(let id) = known.source else { continue }
            #expect(id == row.id)
            #expect(known.isCounter == (row.kind == .counter))
        }
        #expect(Set(PolicyVocabulary.all.map(\.name)).count == PolicyVocabulary.all.count)
    }

    @Test func metricsHaveUnitsAndScales() throws {
        let usage = try metric("cpu.usage_usec.rate")
        #expect(usage.isCounter && usage.isRate)
        #expect(usage.unit == .seconds && usage.rateUnit == .cpus && usage.scale == 1e-6)
        #expect(usage.valueUnit == .cpus)
        let stall = try metric("memory.pressure.full.total")
        #expect(stall.rateUnit == .percent)
        #expect(try metric("host.io.pressure.some.avg10").scale == 0.01)
        #expect(try metric("memory.current").valueUnit == .bytes)
        #expect(try metric("io.wbytes.rate").valueUnit == .bytesPerSecond)
        #expect(try metric("io.max.wbps").takesInstance)
        for metric in PolicyVocabulary.all { #expect(metric.isCounter == (metric.rateUnit != nil)) }
    }

    @Test func metricsMissingInAModeAreReported() throws {
        func obstacle(_ name: String, _ mode: HierarchyMode) -> String? {
            PolicyVocabulary.obstacle(to: MetricTerm(name), on: mode)
        }
        #expect(
            obstacle("io.pressure.full.avg10", .v1) == "io.pressure.full.avg10 does not exist on v1"
        )
        #expect(obstacle("io.pressure.full.avg10", .v2) == nil)
        #expect(obstacle("io.pressure.full.avg10", .hybrid) == nil)
        #expect(obstacle("cpu.shares", .v2) == "cpu.shares does not exist on v2")
        #expect(obstacle("memory.events.oom_kill", .v1) == nil)
        #expect(obstacle("memory.events.max", .v1) == nil)
        #expect(obstacle("cpu.weight", .v1) == nil)
        #expect(obstacle("memory.events.high", .v1) != nil)
        #expect(
            PolicyVocabulary.obstacle(
                to: MetricTerm("io.pressure.full.avg10", of: .host), on: .v1) == nil)
    }
}

@Suite struct ObstacleTests {
    @Test func ruleReportsModesWhereItCannotApply() throws {
        func obstacles(_ keys: String...) throws -> [String?] {
            let text = PolicyText.rule("do: [log]", keys.joined(separator: "\n    "))
            let rule = try #require(PolicyText.load(text).document).rules[0]
            return HierarchyMode.allCases.map { rule.obstacle(on: $0) }
        }
        #expect(try obstacles("when: host.load > 4") == [nil, nil, nil])
        #expect(
            try obstacles("when: io.pressure.full.avg10 > 4%")
                == ["io.pressure.full.avg10 does not exist on v1", nil, nil])
        #expect(
            try obstacles("when: host.load > 4", "requires: [v2, psi]")
                == ["it requires v2", nil, "it requires v2"])
    }
}

@Suite struct AttributeTests {
    private static let defaults = "defaults: {allow_irreversible: true}"

    private func settings(_ text: String, mode: HierarchyMode = .hybrid) -> [Setting] {
        PolicyText.load(
            PolicyText.with("limits:\n  - on: g\n    set:\n      \(text)\n\(Self.defaults)"),
            mode: mode
        ).document?.limits[0].settings ?? []
    }

    private func findings(_ text: String, mode: HierarchyMode = .hybrid) -> [String] {
        PolicyText.findings(
            PolicyText.with("limits:\n  - on: g\n    set:\n      \(text)\n\(Self.defaults)"),
            mode: mode)
    }

    /// Each row of the catalog takes what its own grammar prints.
    @Test func everyLimitCanBeSet() throws {
        for row in LimitCatalog.all where row.refusal == nil {
            let value: LimitValue =
                switch row.grammar {
                case .bytes: .number(1 << 30)
                case .cpus: .number(1_500_000)
                case .time: .number(5000)
                case .weight, .count, .bytesPerSecond, .operationsPerSecond, .percent: .number(50)
                case .flag, .classID: .number(1)
                case .cpuList, .nodeList: .text("0-1")
                case .word(let words): .text(words[0])
                case .deviceRule: .text("c 1:3 rwm")
                }
            let written = row.grammar.text(value)
            if row.grammar == .deviceRule {
                #expect(
                    settings("devices: {\(row.field): [\"\(written)\"]}")
                        == [.limit(LimitKey(row.name, instance: written), value)])
                continue
            }
            let key = LimitKey(row.name, instance: row.dimension == nil ? nil : "8:0")
            #expect(settings("\"\(key)\": \"\(written)\"") == [.limit(key, value)], "\(row.name)")
        }
    }

    @Test func everyNameOfALimitSetsIt() {
        for row in LimitCatalog.all where row.refusal == nil && row.grammar != .deviceRule {
            for name in CatalogName.others(of: row) {
                let value = Self.example(row)
                let key = row.dimension == nil ? name : "\(name)[8:0]"
                let found = settings("\"\(key)\": \"\(value)\"")
                guard case .limit(let set, _)? = found.first else {
                    Issue.record("\(name): \(findings("\"\(key)\": \"\(value)\""))")
                    continue
                }
                #expect(set.name == row.name)
            }
        }
    }

    private static func example(_ row: Limit) -> String {
        switch row.grammar {
        case .bytes: "1GiB"
        case .cpus: "1cpus"
        case .time: "5ms"
        case .bytesPerSecond: "1MB/s"
        case .operationsPerSecond: "5/s"
        case .percent: "5%"
        case .cpuList, .nodeList: "0"
        case .word(let words): words[0]
        default: "1"
        }
    }

    @Test func oneLimitUnderTwoNamesIsADuplicate() {
        #expect(
            findings("memory.soft_limit: 1GiB\n      memory.soft: 2GiB")
                .contains { $0.contains("memory.soft is memory.soft_limit, which is set already") })
    }

    @Test func metricInALimitIsReadOnly() {
        #expect(
            findings("memory.usage_in_bytes: 1GiB") == [
                "p.yaml:6:7: error: memory.usage_in_bytes is memory.current, which is read only; "
                    + "`cgwarden set --list` lists what can be set [attribute]"
            ])
    }

    /// The reader's table of usages lacked some that the engine measures.
    @Test(arguments: [
        "memory.max", "memory.memsw.max", "memory.swap.high", "cgroup.max.descendants",
        "hugetlb.2MB.max", "\"dmem.max[vram0]\"", "\"io.max.rbps[8:0]\"",
    ])
    func whatHasAUsageIsScaledByIt(_ name: String) {
        func findings(_ name: String) -> [String] {
            PolicyText.findings(
                PolicyText.rule(
                    "when: cpu.usage_usec.rate > 2cpus", "undo: keep",
                    "do: [{scale: {attr: \(name), factor: 0.5, of: usage}}]"), mode: .hybrid
            ).filter { $0.contains("has no usage") }
        }
        #expect(findings(name) == [])
        #expect(findings("cpu.weight").count == 1)
    }

    @Test func aDeviceRuleNeedsNoInstanceInTheKernel() throws {
        let row = try #require(LimitCatalog.limit(named: "devices.deny"))
        #expect(LimitRequest(limit: row, instance: "a", value: .text("a")).instance == nil)
    }

    /// Five spellings were accepted; each of the others now has the right one in its error.
    @Test func diskLimitHasOneSpelling() {
        #expect(
            settings("io.max.wbps[/dev/vda]: 10MB/s") == [
                .limit(LimitKey("io.max.wbps", instance: "/dev/vda"), .number(10_000_000))
            ])
        for text in [
            "io: {/dev/vda: {wbps: 10MB/s}}", "io.max: {/dev/vda: {wbps: 10MB/s}}",
            "\"io[/dev/vda].wbps\": 10MB/s", "io.wbps[/dev/vda]: 10MB/s",
            "io.max.wbps: {/dev/vda: 10MB/s}",
        ] {
            let found = findings(text)
            #expect(
                found.count == 1 && found[0].contains("'io.max.wbps[/dev/vda]'"),
                "\(text): \(found)")
            #expect(settings(text) == [])
        }
        #expect(
            findings("io.weight[8:0]: 5").first?.contains("'io.weight.device[8:0]'") == true)
        #expect(
            findings("net_prio.ifpriomap: {eth0: 3}").first?.contains("'net_prio.ifpriomap[eth0]'")
                == true)
        #expect(settings("io.weight: 7") == [.limit(LimitKey("io.weight"), .number(7))])
    }

    @Test func cpuListMayBeAYAMLList() {
        for text in ["0", "[0]", "\"0\"", "[\"0\"]", "0-0"] {
            #expect(
                settings("cpuset.cpus: \(text)") == [.limit(LimitKey("cpuset.cpus"), .text("0"))])
        }
        #expect(
            settings("cpuset.mems: [0, 2-3]") == [.limit(LimitKey("cpuset.mems"), .text("0,2-3"))])
        #expect(settings("pids.max: [5]") == [])
    }

    @Test(arguments: [
        (
            "io.max.wbps: 10MB/s",
            "6:7: error: io.max.wbps needs an instance; write io.max.wbps[/dev/vda] [attribute]"
        ),
        ("\"memory.max[x]\": 1GiB", "6:7: error: memory.max is one value; remove [x] [attribute]"),
        (
            "iox: {8:0: {wbps: 1MB/s}}",
            "6:7: error: iox is not a mapping; write each value separately: 'io.max.wbps[8:0]' [attribute]"
        ),
        (
            "io.max.wbpx[8:0]: 1MB/s",
            "6:7: error: unknown attribute 'io.max.wbpx[8:0]'; did you mean 'io.max.wbps'? [attribute]"
        ),
        ("cpuset.pool: none", "6:20: error: unknown pool 'none'; none are defined [reference]"),
        (
            "devices: {allow: [\"x 1:3\"]}",
            "6:25: error: devices.allow: \"x 1:3\" is not valid; write \"c 1:3 rwm\", \"b 8:* r\" or a [value]"
        ),
    ])
    func invalidAttributesAreReported(text: String, expected: String) {
        #expect(findings(text).filter { $0.contains("error") } == ["p.yaml:\(expected)"])
    }

    @Test func networkLimitsOnV2SuggestNftables() {
        #expect(
            findings("net_prio.ifpriomap[eth0]: 3", mode: .v2) == [
                "p.yaml:6:7: error: net_prio.ifpriomap does not exist on v2 (v2 has no file for it: match the "
                    + "cgroup's path with nftables (socket cgroupv2)) [unsupported]"
            ])
    }
}
