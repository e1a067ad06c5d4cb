import CgroupModel
import Configuration
import Testing

@testable import PolicyLanguage

@Suite struct LoadingTests {
    /// Walks a tree and makes one change at each node in turn.
    private func variants(
        of node: ConfigNode, _ change: (ConfigNode) -> ConfigNode?
    ) -> [(changed: ConfigNode, at: ConfigPosition)] {
        var result: [(ConfigNode, ConfigPosition)] = []
        if let changed = change(node) { result.append((changed, node.position)) }
        switch node.content {
        case .text: break
        case .sequence(let elements):
            for (index, element) in elements.enumerated() {
                for (changed, place) in variants(of: element, change) {
                    var all = elements
                    all[index] = changed
                    result.append((ConfigNode(.sequence(all), at: node.position), place))
                }
            }
        case .mapping(let entries):
            for (index, entry) in entries.enumerated() {
                for (changed, place) in variants(of: entry.value, change) {
                    var all = entries
                    all[index] = ConfigEntry(
                        key: entry.key, position: entry.position, value: changed)
                    result.append((ConfigNode(.mapping(all), at: node.position), place))
                }
            }
        }
        return result
    }

    private func findings(_ node: ConfigNode) -> [PolicyFinding] {
        var reader = PolicyReader(host: PolicyText.host, mode: .hybrid)
        var merge = PolicyMerge()
        merge.add(node, &reader)
        var linter = PolicyLinter(
            document: reader.document(merge), places: reader.places, host: PolicyText.host,
            isMemoryLegacy: nil)
        linter.lint()
        return reader.findings + linter.findings
    }

    private func tree() throws -> ConfigNode {
        try ConfigLoader.load(Array(everyKey.utf8), file: "every.yaml")
    }

    @Test func policyWithEveryKeyLoads() throws {
        let load = PolicyText.load(everyKey)
        #expect(load.findings.map(\.description) == [])
        let document = try #require(load.document)
        #expect(document.rules[0].actions.count == 12)
        #expect(document.limits[0].settings.count == 14)
        #expect(document.limits[0].overrides[.v1]?.count == 2)
        #expect(document.groups[0].populated == nil)
        #expect(document.reservedCPUs == .list(RangeList([0])))
        #expect(document.defaults.hysteresis == 0.2)
        #expect(document.rules[1].cooldown == .seconds(60))
        #expect(document.rules[1].clearTime == .zero)
        #expect(document.guards[0].relief.count == 3)
        #expect(document.budgets.hook == Budgets.Budget(1, per: .seconds(1)))
        #expect(
            document.limits[0].settings.contains(
                .limit(LimitKey("io.max.wbps", instance: "8:0"), .number(1_000_000))))
        #expect(
            document.limits[0].settings.contains(
                .limit(LimitKey("hugetlb.max", instance: "2MB"), .number(64 << 20))))
        #expect(
            document.limits[0].settings.contains(
                .limit(LimitKey("memory.max"), .number((64 << 30) / 5))))
    }

    /// A list, an invalid text and a mapping with an unknown key instead of every single value.
    @Test func everyKeyRejectsAWrongType() throws {
        let wrong: [(String, (ConfigNode) -> ConfigNode?)] = [
            (
                "list",
                {
                    ConfigNode(
                        .sequence([ConfigNode(.sequence([]), at: $0.position)]), at: $0.position)
                }
            ),
            ("text", { ConfigNode(.text("[\u{0}"), at: $0.position) }),
            (
                "mapping",
                { node in
                    let value = ConfigNode(.text("[\u{0}"), at: node.position)
                    return ConfigNode(
                        .mapping([ConfigEntry(key: "zzz", position: node.position, value: value)]),
                        at: node.position)
                }
            ),
        ]
        for (kind, change) in wrong {
            let all = variants(of: try tree(), change)
            #expect(all.count > 200)
            for (changed, place) in all {
                let found = findings(changed)
                let here = found.filter {
                    $0.severity == .error && $0.error.position.line >= place.line - 1
                        && $0.error.position.line <= place.line
                }
                #expect(!here.isEmpty, "\(kind) at \(place): \(found.map(\.description))")
            }
        }
    }

    /// A key with an extra letter gets a suggestion, at any position.
    @Test func everyMistypedKeyGetsASuggestion() throws {
        func mistype(_ node: ConfigNode) -> [(ConfigNode, ConfigEntry)] {
            guard case .mapping(let entries) = node.content else { return [] }
            return entries.enumerated().map { index, entry in
                var all = entries
                all[index] = ConfigEntry(
                    key: entry.key + "q", position: entry.position, value: entry.value)
                return (ConfigNode(.mapping(all), at: node.position), entry)
            }
        }
        let free = ["web", "db", "fast", "call", "log", "tier", "eth0", "reserved"]
        var count = 0
        func walk(_ node: ConfigNode, _ rebuild: (ConfigNode) -> ConfigNode) {
            for (changed, entry) in mistype(node)
            where !free.contains(entry.key) && !"/tu".contains(entry.key.prefix(1))
                && !entry.key.contains("[") && entry.key != "trusted.role"
            {
                let lines = findings(rebuild(changed)).map(\.description)
                let place = "\(entry.position): error: "
                let isTold = lines.contains {
                    $0.hasPrefix(place) && $0.contains("\(entry.key)q")
                        && $0.contains("did you mean '\(entry.key)'?")
                }
                count += 1
                #expect(isTold || entry.key.hasPrefix("hugetlb"), "\(entry.key): \(lines)")
            }
            switch node.content {
            case .text: break
            case .sequence(let elements):
                for (index, element) in elements.enumerated() {
                    walk(element) { changed in
                        var all = elements
                        all[index] = changed
                        return rebuild(ConfigNode(.sequence(all), at: node.position))
                    }
                }
            case .mapping(let entries):
                for (index, entry) in entries.enumerated() {
                    walk(entry.value) { changed in
                        var all = entries
                        all[index] = ConfigEntry(
                            key: entry.key, position: entry.position, value: changed)
                        return rebuild(ConfigNode(.mapping(all), at: node.position))
                    }
                }
            }
        }
        walk(try tree()) { $0 }
        #expect(count > 100)
    }

    // MARK: Rows of the specification

    @Test func unknownKeyHasItsPositionAndASuggestion() {
        #expect(
            PolicyText.findings(PolicyText.with("limits:\n  - on: g\n    set: {memmory.max: 1GiB}"))
                == [
                    "p.yaml:5:11: error: unknown attribute 'memmory.max'; did you mean "
                        + "'memory.max'? [attribute]"
                ])
    }

    @Test func scalarsAreKeptVerbatim() throws {
        let load = PolicyText.load(
            PolicyText.with(
                """
                limits:
                  - {on: g, set: {"io.max.wbps[8:0]": 1MB/s}, during: 22:30-22:31}
                """))
        let limits = try #require(load.document).limits[0]
        #expect(
            limits.settings == [
                .limit(LimitKey("io.max.wbps", instance: "8:0"), .number(1_000_000))
            ])
        #expect(limits.during == DayWindow(start: 1350, end: 1351))
        #expect(
            PolicyText.findings("apiVersion: cgwarden/v1\ndefaults: {dry_run: no}\n") == [
                "p.yaml:2:21: error: dry_run must be true or false, not 'no' [value]"
            ])
        #expect(
            PolicyText.findings(PolicyText.with("limits: [{on: g, set: {cpu.weight: 010}}]")) == [
                "p.yaml:3:36: error: cpu.weight: \"010\" is not valid; write a number from "
                    + "1 to 10000 [value]"
            ])
    }

    @Test func duplicatesAreRefused() {
        let rule = "{name: a, on: g, when: host.load > 1, do: [log]}"
        #expect(
            PolicyText.findings(PolicyText.with("rules:\n  - \(rule)\n  - \(rule)"))
                .first == "p.yaml:5:5: error: 'a' is already defined at p.yaml:4:5; rename it, or "
                + "write replace: true [duplicate]")
        let yaml = [
            (
                "a: 1\na: 2\n",
                "p.yaml:2:1: error: duplicate key 'a', first at line 1; remove one [yaml]"
            ),
            (
                "a: &x [1]\nb: *x\n",
                "p.yaml:1:4: error: anchor '&x' is not supported; remove it [yaml]"
            ),
            (
                "a: 1\n---\nb: 1\n",
                "p.yaml:2:1: error: more than one document; keep one per file [yaml]"
            ),
        ]
        for (text, expected) in yaml { #expect(PolicyText.findings(text).contains(expected)) }
    }

    @Test func rulesAndGuardsShareOneNamespace() {
        let text = PolicyText.with(
            """
            rules: [{name: a, on: g, when: host.load > 1, do: [log]}]
            guards: [{name: a, on: g, max_frozen: 1s, relief: [reclaim]}]
            """)
        #expect(
            PolicyText.findings(text) == [
                "p.yaml:4:10: error: 'a' is already defined at p.yaml:3:9; rename it [duplicate]"
            ])
    }

    @Test func numbersNeedUnitsAndPercentagesABase() {
        #expect(
            PolicyText.findings(
                PolicyText.with("limits: [{on: g, set: {memory.max: 512}}]")
            ) == [
                "p.yaml:3:36: error: memory.max: \"512\" needs a unit; write 512B, 512MiB, "
                    + "1.5GB, 20%host or max [unit]"
            ])
        #expect(
            PolicyText.findings(
                PolicyText.rule(
                    "when: memory.pressure.full.avg10 > 0.2 and memory.current > 90%", "do: [log]",
                    "for: 5"))
                == [
                    "p.yaml:6:40: error: '0.2' has no unit, but 'memory.pressure.full.avg10' is in percent; "
                        + "write 20% [unit]",
                    "p.yaml:6:65: error: '90%' is a share of what? 'memory.current' is in bytes; write 90% of "
                        + "memory.max or 20%host [base]",
                    "p.yaml:8:10: error: for: '5' has no unit; write a time such as 10s [unit]",
                ])
    }

    @Test func onlyANumberCanLackItsUnit() {
        let text = PolicyText.with("limits: [{on: g, set: {memory.max: needs a unit}}]")
        let findings = PolicyText.findings(text)
        #expect(findings.count == 1 && findings[0].hasSuffix("[value]"), "\(findings)")
    }

    @Test func kernelMemoryIsIneffective() {
        for name in ["memory.kmem.max", "memory.kmem.limit_in_bytes"] {
            let lines = PolicyText.findings(
                PolicyText.with("limits: [{on: g, set: {\(name): 1GiB}}]"))
            #expect(lines.count == 1)
            #expect(lines[0].hasPrefix("p.yaml:3:24: error: memory.kmem.max: the kernel accepts"))
            #expect(lines[0].hasSuffix("[ineffective]"))
        }
    }

    // MARK: Places

    @Test(arguments: [
        ("when: memory.usgae > 1B", "6:11"),
        ("when: \"memory.usgae > 1B\"", "6:12"),
        ("when: 'memory.usgae > 1B'", "6:12"),
        ("when: \"1B <\\tmemory.usgae\"", "6:18"),
        ("when: 1B <\n      memory.usgae", "7:7"),
        ("when: \"1B < \\\n        memory.usgae\"", "7:9"),
        ("when: >-\n      1B <\n      memory.usgae", "8:7"),
        ("when: |\n      1B < memory.usgae", "7:12"),
        ("when: {all: [host.load > 1, \"memory.usgae > 1B\"]}", "6:34"),
        ("when: 'group(\"g\").memory.usgae > 1B'", "6:23"),
        ("when: '   memory.usgae > 1B'", "6:15"),
    ])
    func errorsWithinAScalarHaveTheirColumn(key: String, place: String) {
        let lines = PolicyText.findings(PolicyText.rule(key, "do: [log]"))
        #expect(
            lines == [
                "p.yaml:\(place): error: unknown metric 'memory.usgae'; did you mean "
                    + "'memory.current'? [metric]"
            ])
    }

    @Test func columnsCountCharacters() {
        let lines = PolicyText.findings(
            PolicyText.rule("when: 'group(\"größe\").memory.current > 5'", "do: [log]"))
        #expect(lines.map { $0.prefix(11) } == ["p.yaml:6:12", "p.yaml:6:44"])
    }

    // MARK: Several files

    @Test func filesFormOnePolicyAndAllErrorsAreReported() {
        let first = "apiVersion: cgwarden/v1\ngroups: {g: {path: /g}, h: {path: '/h['}}\n"
        let second =
            "apiVersion: v2\nlimits: [{on: g, set: {pids.max: 5}}, {on: k, set: {pids.max: x}}]\n"
        let load = PolicyText.load([("b.yaml", second), ("a.yaml", first), ("c.yaml", "x: [")])
        #expect(load.document == nil)
        #expect(
            load.findings.map { "\($0.error.position) \($0.rule.rawValue)" } == [
                "b.yaml:1:13 value", "b.yaml:2:44 reference", "b.yaml:2:63 value",
                "a.yaml:2:25 unused", "a.yaml:2:35 value", "c.yaml:2:1 yaml",
            ])
    }

    @Test func laterFileReplacesNamedParts() throws {
        let rule = "{name: a, on: g, when: host.load > 1, do: [log], priority: 1}"
        let first = PolicyText.with(
            "defaults: {cooldown: 5s, dry_run: true}\nrules: [\(rule), {name: b, on: g, "
                + "when: host.load > 1, do: [log]}]")
        let second = """
            apiVersion: cgwarden/v1
            defaults: {replace: true, cooldown: 7s}
            groups: {g: {path: /other, replace: true}}
            rules: [{name: a, replace: true, on: g, when: host.load > 9, do: [log]}]
            """
        let document = try #require(PolicyText.load([("1", first), ("2", second)]).document)
        #expect(document.defaults.cooldown == .seconds(7))
        #expect(document.defaults.isDryRun)
        #expect(document.groups.map(\.paths.first?.description) == ["/other"])
        #expect(document.rules.map(\.name) == ["a", "b"])
        #expect(document.rules[0].priority == 0)
        // Equal defaults are not an error.
        let twice = PolicyText.load([("1", first), ("2", first)])
        #expect(
            twice.findings.map { "\($0.error.position) \($0.rule.rawValue)" } == [
                "2:2:10 duplicate", "2:4:9 duplicate", "2:4:72 duplicate",
            ])
    }

    @Test func unreadableFileIsAFinding() {
        let place = ConfigPosition(file: "x.yaml", line: 1, column: 1)
        let load = PolicyLoader(host: PolicyText.host, mode: .v2).load([
            PolicyFile(name: "x.yaml", content: .failure(ConfigError(place, "can be written")))
        ])
        #expect(load.findings.map(\.description) == ["x.yaml:1:1: error: can be written [file]"])
    }

    @Test func emptyPolicyLoads() throws {
        let load = PolicyLoader(host: PolicyText.host, mode: .v2).load([])
        #expect(try #require(load.document) == PolicyDocument())
    }
}
