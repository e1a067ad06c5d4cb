import CgroupModel
import TestSupport
import Testing

@testable import Policy

/// Limits that hold while a condition on the machine does.
@Suite struct ConditionalLimitTests {
    private func run(_ keys: String, seconds: Int, _ load: (Int) -> UInt64) throws -> [String] {
        var run = try EngineRun(
            "groups: {g: {path: /g}}\nlimits: [{on: g, set: {pids.max: 50}, \(keys)}]")
        var max = Reading.unlimited
        for time in 0...seconds {
            let value = load(time)
            run.prepare = { $0.host.load = Reading(value * 100) }
            let output = run.tick(
                Double(time), [.init(path: "/g", values: ["pids.max": max])])
            for effect in output.effects {
                if case .set = effect.kind { max = Reading(50) }
                if case .restore = effect.kind { max = .unlimited }
            }
        }
        return run.acts()
    }

    /// There was neither hysteresis nor a time: 72 actions in 210 s of a real recording.
    @Test func valueAtTheThresholdDoesNotFlap() throws {
        let noisy = { (time: Int) in time / 3 % 2 == 0 ? UInt64(21) : 15 }
        #expect(
            try run("when: host.load > 20", seconds: 210, noisy) == ["0 set /g pids.max=50"])
        // Between the threshold and what ends it.
        let near = { (time: Int) in time % 40 == 0 ? UInt64(21) : 19 }
        #expect(try run("when: host.load > 20", seconds: 210, near) == ["0 set /g pids.max=50"])
    }

    @Test func limitEndsWhenTheOppositeHoldsForTheCooldown() throws {
        let once = { (time: Int) in time < 10 ? UInt64(25) : 5 }
        #expect(
            try run("when: host.load > 20", seconds: 100, once)
                == ["0 set /g pids.max=50", "40 restore /g"])
        #expect(
            try run("when: host.load > 20, until_for: 5s", seconds: 100, once)
                == ["0 set /g pids.max=50", "15 restore /g"])
    }

    @Test func timesWorkAsInARule() throws {
        let long = { (time: Int) in (10..<60).contains(time) || time == 3 ? UInt64(25) : 12 }
        #expect(
            try run(
                "when: host.load > 20, for: 5s, until: host.load < 15, until_for: 0s", seconds: 90,
                long)
                == ["15 set /g pids.max=50", "60 restore /g"])
        let never = { (time: Int) in time < 10 ? UInt64(25) : 16 }
        #expect(
            try run("when: host.load > 20, until: host.load < 15", seconds: 90, never)
                == ["0 set /g pids.max=50"])
    }

    @Test func reloadKeepsUnchangedLimits() throws {
        let policy = """
            groups: {g: {path: /g}}
            limits: [{on: g, set: {pids.max: 50}, when: host.load > 20, for: 10s}]
            """
        var run = try EngineRun(policy)
        run.prepare = { $0.host.load = Reading(2500) }
        for time in 0...10 {
            run.tick(Double(time), [.init(path: "/g", values: ["pids.max": .unlimited])])
        }
        run.prepare = { $0.host.load = Reading(1900) }
        run.engine.reload(try EngineRun.document("\n" + policy))
        for time in 11...30 {
            run.tick(Double(time), [.init(path: "/g", values: ["pids.max": Reading(50)])])
        }
        #expect(run.acts() == ["10 set /g pids.max=50"])
    }
}
