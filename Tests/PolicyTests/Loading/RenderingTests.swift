import CgroupModel
import Configuration
import Testing

@testable import PolicyLanguage

@Suite struct RenderingTests {
    /// The same document, with all positions equal.
    private func placeless(_ document: PolicyDocument) -> PolicyDocument {
        let place = ConfigPosition(file: "", line: 1, column: 1)
        var result = document
        for index in result.groups.indices { result.groups[index].position = place }
        for index in result.limits.indices { result.limits[index].position = place }
        for index in result.rules.indices { result.rules[index].position = place }
        for index in result.guards.indices { result.guards[index].position = place }
        for index in result.autosizers.indices { result.autosizers[index].position = place }
        return result
    }

    @Test func printedPolicyRoundTrips() throws {
        let document = try #require(PolicyText.load(everyKey).document)
        let text = document.canonicalText
        let again = PolicyText.load(text)
        #expect(again.findings.filter { $0.severity == .error }.map(\.description) == [])
        let second = try #require(again.document)
        #expect(placeless(second) == placeless(document))
        #expect(second.canonicalText == text)
    }

    @Test func printedRuleHasAllDefaults() throws {
        let text = PolicyText.rule(
            "when: memory.current > 1GiB or host.load > 4", "do: [log, thaw]")
        let rule = try #require(PolicyText.load(text).document).rules[0]
        #expect(
            rule.canonicalText
                == """
                {name: r, on: g, scope: each, when: "memory.current > 1GiB or host.load > 4", \
                for: 0s, until: "not (memory.current > 0.9GiB or host.load > 3.6)", \
                until_for: 0s, cooldown: 30s, priority: 0, do: [{log: {level: notice}}, \
                {thaw: {}}], undo: restore, dry_run: false}
                """)
    }

    @Test func positionDoesNotAffectTheCanonicalText() throws {
        let text = PolicyText.rule("when: host.load > 4", "do: [log]")
        let moved = PolicyText.load("# a comment\n\n" + text)
        let first = try #require(PolicyText.load(text).document).rules[0]
        let second = try #require(moved.document).rules[0]
        #expect(first.position != second.position)
        #expect(first.canonicalText == second.canonicalText)
    }

    @Test(arguments: [
        "plain", "a b", "8:0", "22:00-06:00", "no", "~", "", "\"", "\\", "{a,b}", "[x]", "- a",
        "# x", "größe", "\u{85}\u{2028}\u{1F600}\u{7}", "%x", "'", "a: b", "*", "&", "!x", "?",
    ])
    func flowTextRoundTrips(text: String) throws {
        let yaml = "\(FlowText.map([(text, .list([.text(text)]))]))"
        let node = try ConfigLoader.load(Array(yaml.utf8), file: "t")
        let entry = try node.mapping(for: "t")[0]
        #expect(entry.key == text)
        #expect(try entry.value.sequence(for: "t")[0].content == .text(text))
    }

    @Test(arguments: [
        ("10s", Duration.seconds(10)), ("500ms", .milliseconds(500)), ("5m", .seconds(300)),
        ("2h", .seconds(7200)), ("1d", .seconds(86400)), ("0s", .zero), ("1500ms", .seconds(1.5)),
        ("90s", .seconds(90)), ("7us", .microseconds(7)),
    ])
    func durationsRoundTrip(text: String, duration: Duration) {
        #expect(DurationText.duration(text) == duration)
        #expect(DurationText.text(duration) == text)
    }

    @Test(arguments: ["", "5", "s", "5x", "-5s", "1e3s", "٣s", "99999d", ".5s", "5.s"])
    func malformedDurationsAreRejected(text: String) { #expect(DurationText.duration(text) == nil) }
}

@Suite struct ScalarGrammarTests {
    @Test(arguments: [
        ("22:00-06:00", 1320, 360), ("00:00-24:00", 0, 0), ("06:30-06:31", 390, 391),
    ])
    func timeWindowsAreParsed(text: String, start: Int, end: Int) {
        #expect(ScalarGrammar.window.read(text) == DayWindow(start: start, end: end))
    }

    @Test(arguments: [
        "22:00", "6:00-7:00", "24:00-01:00", "00:60-01:00", "a-b", "22:00-06:00-07:00",
    ])
    func malformedTimeWindowsAreRejected(text: String) {
        #expect(ScalarGrammar.window.read(text) == nil)
    }

    @Test func budgetsAndCPUCountsAreParsed() {
        #expect(ScalarGrammar.budget.read("1/15s") == Budgets.Budget(1, per: .seconds(15)))
        #expect(ScalarGrammar.budget.read("10/m") == Budgets.Budget(10, per: .seconds(60)))
        for text in ["1", "1/", "/s", "1/0s", "x/s", "-1/s"] {
            #expect(ScalarGrammar.budget.read(text) == nil, "\(text)")
        }
        #expect(ScalarGrammar.count.read("4") == .count(4))
        #expect(ScalarGrammar.count.read("25%host") == .hostShare(0.25))
        for text in ["0", "-1", "101%host", "0%host", "04", "a", "5-2", "2-5"] {
            #expect(ScalarGrammar.count.read(text) == nil, "\(text)")
        }
    }

    /// `cpus: 4` was four CPUs, `cpus: 0` an error and `cpus: 0-0` CPU 0.
    @Test(arguments: [
        ("cpus: 0", CPUDemand.list(RangeList([0]))), ("cpus: [0]", .list(RangeList([0]))),
        ("cpus: [0, 2-3]", .list(RangeList([0, 2, 3]))), ("cpus: 4", .list(RangeList([4]))),
        ("cpus: 2-5,7", .list(RangeList([2, 3, 4, 5, 7]))), ("count: 1", .count(1)),
        ("count: 25%host", .hostShare(0.25)),
    ])
    func poolHasAListOrACount(text: String, wanted: CPUDemand) throws {
        let load = PolicyText.load(
            PolicyText.with(
                "pools:\n  p:\n    \(text)\n  reserved:\n    \(text)\n"
                    + "limits: [{on: g, set: {cpuset.pool: p}}]"))
        let document = try #require(load.document, "\(load.findings)")
        #expect(document.pools.map(\.cpus) == [wanted])
        #expect(document.reservedCPUs == wanted)
        let again = PolicyText.load(document.canonicalText)
        #expect(again.document?.pools.map(\.cpus) == [wanted])
    }

    @Test(arguments: ["cpus: 25%host", "cpus: 0\n    count: 1", "smt: any", "count: 0"])
    func poolWithNeitherOrBothIsAnError(text: String) {
        let load = PolicyText.load(
            PolicyText.with(
                "pools:\n  p:\n    \(text)\nlimits: [{on: g, set: {cpuset.pool: p}}]"))
        #expect(load.isRefused)
    }
}
