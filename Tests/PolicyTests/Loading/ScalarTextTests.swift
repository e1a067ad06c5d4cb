import CgroupModel
import Configuration
import Testing

@testable import PolicyLanguage

@Suite struct DurationTextTests {
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
    }

    @Test(arguments: ["cpus: 25%host", "cpus: 0\n    count: 1", "smt: any", "count: 0"])
    func poolWithNeitherOrBothIsAnError(text: String) {
        let load = PolicyText.load(
            PolicyText.with(
                "pools:\n  p:\n    \(text)\nlimits: [{on: g, set: {cpuset.pool: p}}]"))
        #expect(load.isRefused)
    }
}
