import CgroupModel
import Testing

@testable import Policy
@testable import PolicyLanguage

/// The timelines V1 to V12 that an executable model of the specification gave.
@Suite struct GoldenTimelineTests {
    private static func rule(_ keys: String) -> String {
        """
        groups: {g: {path: /g}}
        rules:
          - {name: r, on: g, when: pids.current > 90, for: 10s, \(keys), do: [{log: {level: notice}}]}
        """
    }

    private func run(_ times: [Double], _ level: (Double) -> UInt64?) throws -> [String] {
        var run = try EngineRun(
            Self.rule("until: pids.current < 80, until_for: 5s, cooldown: 20s"))
        for time in times { run.tick(time, pids: level(time)) }
        return run.states()
    }

    private func seconds(_ range: ClosedRange<Int>, but gap: Set<Int> = []) -> [Double] {
        range.filter { !gap.contains($0) }.map(Double.init)
    }

    @Test func v1Cycle() throws {
        let states = try run(seconds(0...80)) { time in
            switch time {
            case 5..<30: 95
            case 30..<40: 85
            case 40..<50: 70
            case 50...: 95
            default: 10
            }
        }
        #expect(
            states == [
                "5 pending", "15 active", "40 clearing", "45 cooldown", "65 idle", "66 pending",
                "76 active",
            ])
    }

    @Test func v2OneSampleBelowRestartsTheTimer() throws {
        let states = try run(seconds(0...25)) { $0 == 9 ? 89 : 95 }
        #expect(states == ["0 pending", "9 idle", "10 pending", "20 active"])
    }

    @Test func v3UnreadableSamplesDoNotCount() throws {
        let short = try run(seconds(0...25)) { (4...6).contains($0) ? nil : 95 }
        #expect(short == ["0 pending", "13 active"])
        let long = try run(seconds(0...25)) { (4...9).contains($0) ? nil : 95 }
        #expect(long == ["0 pending", "9 idle", "10 pending", "20 active"])
    }

    @Test func v4MissingTicksDoNotCount() throws {
        let short = try run(seconds(0...25, but: [5, 6, 7])) { _ in 95 }
        #expect(short == ["0 pending", "14 active"])
        let long = try run(seconds(0...25, but: [5, 6, 7, 8, 9])) { _ in 95 }
        #expect(long == ["0 pending", "10 idle", "11 pending", "21 active"])
    }

    private func series(_ values: [Double], isCounter: Bool, window: UInt64) -> SampleSeries {
        var series = SampleSeries(
            isCounter: isCounter, interval: 1_000_000_000, window: window * 1_000_000_000)
        for (second, value) in values.enumerated() {
            series.append(time: UInt64(second + 100) * 1_000_000_000, [value])
        }
        return series
    }

    private func rate(_ values: ArraySlice<Double>, _ window: UInt64) -> Double {
        series(Array(values), isCounter: true, window: 20).value(
            .rate, row: 0, window: window * 1_000_000_000,
            now: UInt64(values.count + 99) * 1_000_000_000)
    }

    @Test func v5CounterResetIsAGap() {
        let counter: [Double] = [0, 10, 20, 30, 40, 50, 0, 10, 20, 30, 40]
        #expect(rate(counter[0...10], 5) == 10)
        #expect(rate(counter[0...10], 10) == 10)
        let reset = rate(counter[0...6], 2)
        #expect(reset.isNaN && !reset.isNotApplicable && reset.lack == .tooFewSamples)
    }

    @Test func v6NewCgroupIsUnknownUntilFourFifths() {
        let counter = (0...4).map { Double($0 * 10) }
        #expect(rate(counter[0...2], 5).isNaN)
        #expect(rate(counter[0...3], 5).isNaN)
        #expect(rate(counter[0...4], 5) == 10)
    }

    @Test func v7AnIntervalIsClipped() {
        #expect(rate([0, 10, 30, 60][0...3], 2) == 25)
        let value = series([0, 10, 30, 60], isCounter: true, window: 20).value(
            .rate, row: 0, window: 2_500_000_000, now: 103_000_000_000)
        #expect(value == 22)
    }

    @Test func v8OneKillInFiveSeconds() {
        let kills: [Double] = [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1]
        let truths = kills.indices.map { last in
            series(Array(kills[...last]), isCounter: true, window: 20).increased(
                row: 0, window: 5_000_000_000, now: UInt64(last + 100) * 1_000_000_000)
        }
        #expect(truths[0...3].allSatisfy { $0 == .unknown })
        #expect(truths[4...8].allSatisfy { $0 == .yes })
        #expect(truths[9...10].allSatisfy { $0 == .no })
    }

    @Test func v10AverageSeesWhatHoldingDoesNot() throws {
        func level(_ time: Double) -> UInt64 { Int(time) % 12 < 8 ? 95 : 20 }
        let plain = try run(seconds(0...60), level)
        #expect(!plain.contains { $0.hasSuffix("active") })
        var averaged = try EngineRun(
            Self.rule("until: pids.current < 1").replacing(
                "pids.current > 90", with: "\"avg(pids.current, 12s) > 60\""))
        for time in seconds(0...60) { averaged.tick(time, pids: level(time)) }
        // The window is known after 80 % of 12 s; from then on the average stays at 70.
        #expect(averaged.states() == ["10 pending", "20 active"])
    }

    @Test func v11HysteresisFiresOnce() throws {
        var run = try EngineRun(
            """
            groups: {g: {path: /g}}
            rules:
              - {name: r, on: g, when: pids.current > 90, for: 3s, until: pids.current < 81,
                 do: [{log: {level: notice}}]}
            """)
        for time in seconds(0...200) { run.tick(time, pids: Int(time) % 8 < 4 ? 92 : 88) }
        #expect(run.states().filter { $0.hasSuffix("active") } == ["3 active"])
    }

    /// A fork bomb reaches pids.max at 7 and is frozen at 10; from then on nothing forks.
    private func bomb(isDerived: Bool) throws -> EngineRun {
        var document = try EngineRun.document(
            """
            defaults: {allow_kill: true}
            groups: {g: {path: /g}}
            rules:
              - {name: r, on: g, when: "pids.current > 90% of pids.max and (slope(pids.current, 5s) > 50/s or increased(pids.events.max, 5s))", for: 3s, until: pids.current < 50% of pids.max, max_active: 90s, cooldown: 5m, priority: 50, do: [{freeze: {timeout: 60s, on_timeout: kill}}], undo: restore}
            """)
        if isDerived {
            document.rules[0].until = document.rules[0].when.opposite(hysteresis: 0.1)
        }
        var run = EngineRun(document: document)
        for time in 0...75 {
            let pids = time < 7 ? 100 + time * 200 : 2000
            let failed = max(0, min(time, 10) - 7) * 100
            run.tick(
                Double(time),
                [
                    EngineRun.Cgroup(
                        path: "/g",
                        values: [
                            "pids.current": Reading(UInt64(pids)), "pids.max": Reading(2000),
                            "pids.events.max": Reading(UInt64(failed)),
                        ])
                ])
        }
        return run
    }

    @Test func v12DerivedUntilThawsTheForkBomb() throws {
        let derived = try bomb(isDerived: true)
        #expect(derived.acts().prefix(2) == ["10 freeze /g", "18 thaw /g"])
    }

    @Test func v12ExplicitUntilHoldsToTheTimeout() throws {
        let explicit = try bomb(isDerived: false)
        #expect(explicit.acts().prefix(3) == ["10 freeze /g", "70 kill /g", "70 thaw /g"])
        #expect(explicit.states().suffix(1) == ["70 cooldown"])
    }
}
