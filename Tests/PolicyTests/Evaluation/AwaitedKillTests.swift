import CgroupModel
import Foundation
import TestSupport
import Testing

@testable import Policy

/// A cgroup frozen until its kill stays frozen while the budget delays the kill.
@Suite struct AwaitedKillTests {
    private static let bombs = (1...3).map { "/user.slice/user-\($0).slice/session.scope" }

    /// Runs bombs until each is killed; they grow until they are frozen, and end when they are killed.
    private func run(_ policy: String, seconds: Int) throws -> EngineRun {
        var run = try EngineRun(policy)
        var tasks = Dictionary(uniqueKeysWithValues: Self.bombs.map { ($0, UInt64(1500)) })
        var failures: [String: UInt64] = [:]
        for time in 0...seconds {
            run.tick(
                Double(time),
                tasks.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map { path, count in
                    EngineRun.Cgroup(
                        path: path,
                        values: [
                            "pids.current": Reading(count), "pids.max": Reading(2000),
                            // Forks fail while it runs on at its limit.
                            "pids.events.max": Reading(failures[path] ?? 0),
                            "cgroup.frozen": Reading(isFrozen(path, run) ? 1 : 0),
                        ])
                })
            for (path, count) in tasks where count > 0 && !isFrozen(path, run) {
                tasks[path] = min(count + 100, 1990)
                if count == 1990 { failures[path, default: 0] += 100 }
            }
            for effect in run.effects.filter({ $0.time == Double(time) }).map(\.effect)
            where effect.kind.name == "kill" {
                tasks["\(effect.target.path)"] = 0
            }
        }
        return run
    }

    private func isFrozen(_ path: String, _ run: EngineRun) -> Bool {
        let last = run.effects.last {
            $0.effect.target.path == CgroupPath(path)
                && ["freeze", "thaw"].contains($0.effect.kind.name)
        }
        return last?.effect.kind.name == "freeze"
    }

    /// When each thing was done to a cgroup.
    private func times(_ kind: String, _ path: String, _ run: EngineRun) -> [Double] {
        run.effects.filter {
            $0.effect.kind.name == kind && $0.effect.target.path == CgroupPath(path)
        }.map(\.time)
    }

    private func check(_ run: EngineRun) throws {
        for path in Self.bombs {
            let killed = try #require(times("kill", path, run).first, "\(path) lives")
            #expect(times("kill", path, run).count == 1)
            let thaws = times("thaw", path, run)
            #expect(thaws == [killed], "\(path) went on at \(thaws), was killed at \(killed)")
            // Each freeze is followed by the next one before it ends by itself.
            var until = 0.0
            for (time, effect) in run.effects where effect.target.path == CgroupPath(path) {
                guard case .freeze(let deadline) = effect.kind else { continue }
                #expect(until == 0 || time < until, "\(path) went on at \(until)")
                until = time + deadline / .seconds(1)
            }
            #expect(killed < until)
        }
    }

    @Test func threeForkBombsAreKilledWithinTheBudget() throws {
        let run = try run(
            """
            defaults: {allow_kill: true}
            budgets: {freeze: 10/10s}
            groups: {g: {path: "/user.slice/*/*"}}
            rules:
              - name: bomb
                on: g
                when: pids.current > 90% of pids.max
                until: pids.current < 50% of pids.max
                max_active: 10s
                do: [{freeze: {timeout: 4s, on_timeout: kill}}]
            """, seconds: 100)
        try check(run)
        #expect(run.acts { $0.kind.name == "kill" }.map { $0.prefix(2) } == ["8 ", "23", "38"])
        // Two had to wait, which is reported once for each.
        #expect(run.acts { $0.kind.name == "notify" }.count == 2)
        #expect(run.notes(.veto).filter { $0.contains("budget: kill (1/15s)") }.count == 2)
    }

    @Test func shippedPolicyHandlesThreeForkBombs() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "config/policy.d/40-fork-bomb.yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
        try check(run(text.replacing("apiVersion: cgwarden/v1\n", with: ""), seconds: 300))
    }

    @Test func cgroupThatCannotStayFrozenResumes() throws {
        var run = try EngineRun(
            """
            defaults: {allow_kill: true}
            budgets: {kill: 1/10m}
            groups: {g: {path: "/g*"}}
            rules:
              - {name: r, on: g, when: pids.current > 90, until: pids.current < 5, max_active: 1h,
                 do: [{freeze: {timeout: 2s, on_timeout: kill}}]}
            """)
        var freezes: [CgroupPath: Int] = [:]
        run.answer = { effect in
            guard case .freeze = effect.kind else { return .done }
            freezes[effect.target.path, default: 0] += 1
            return freezes[effect.target.path] == 1 ? .done : .failed(.init("no helper"))
        }
        for time in 0...20 {
            run.tick(
                Double(time),
                ["/g1", "/g2"].map { .init(path: $0, values: ["pids.current": Reading(95)]) })
        }
        let kinds = run.acts { $0.target.path == CgroupPath("/g2") && $0.kind.name != "notify" }
        #expect(
            kinds.prefix(3).map { $0.split(separator: " ")[1] } == ["freeze", "freeze", "thaw"])
        #expect(run.engine.state(of: "r", on: run.id("/g2")) == .cooldown)
    }

    /// A hold of an operator does not expire by waiting.
    @Test func cgroupThatMustNotBeKilledIsThawed() throws {
        var facts = TestFacts()
        var run = try EngineRun(
            """
            defaults: {allow_kill: true}
            groups: {g: {path: /g}}
            rules:
              - {name: r, on: g, when: pids.current > 90, until: pids.current < 5, max_active: 1h,
                 do: [{freeze: {timeout: 2s, on_timeout: kill}}]}
            """)
        for time in 0...20 {
            if time == 1 {
                facts.held = ["/g": "bob"]
                run.engine.sight.facts = facts
            }
            run.tick(Double(time), pids: 95)
        }
        #expect(run.acts { $0.kind.name != "notify" } == ["0 freeze /g", "7 thaw /g"])
    }
}
