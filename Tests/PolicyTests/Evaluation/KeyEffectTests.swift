import CgroupModel
import Configuration
import Foundation
import Testing
import TestSupport

@testable import Policy
@testable import PolicyLanguage

/// Every key of a policy changes something that can be observed: what the engine does and writes
/// down differs with it, or another test shows what it changes.
@Suite struct KeyEffectTests {
    /// Two policies that differ in one key.
    struct Row: Sendable, CustomTestStringConvertible {
        /// The mapping as messages name it, and the key.
        let key: String
        let one: String
        let other: String
        var mode = HierarchyMode.v2

        var testDescription: String { key }
    }

    // MARK: What is observed

    /// All actions and reports of an engine in a minute of one host.
    private static func observe(_ text: String, _ mode: HierarchyMode) throws -> String {
        let load = PolicyText.load("apiVersion: cgwarden/v1\n" + text, mode: mode)
        let document = try #require(
            load.document, "\(load.findings.map(\.description).joined(separator: "\n")): \(text)")
        var facts = TestFacts(mode: mode)
        facts.units = ["/g": "web.service"]
        facts.attributes = ["/g": ["trusted.role": "web"]]
        facts.owners = ["/g": 1000, "/h": 0]
        facts.members = ["/g": ["nginx"]]
        var container = CgroupIdentity(CgroupPath("/g"))
        container.kind = .container
        container.runtime = "docker"
        container.container = "web"
        container.containerID = "abc"
        container.image = "nginx"
        container.pod = "shop"
        container.namespace = "prod"
        container.labels = ["tier": "front"]
        facts.identities = ["/g": container]
        var run = EngineRun(document: document, facts: facts)
        run.answer = { effect in
            guard case .set(let assignments) = effect.kind,
                assignments.contains(LimitAssignment(LimitKey("cpu.weight"), .number(77)))
            else { return .done }
            return .failed(.init(errno: .accessDenied, "no"))
        }
        for second in 0..<60 { run.tick(Double(second), machine(second)) }
        let stopped = run.engine.stop()
        run.take(stopped, 60)
        let effects = run.effects.map { time, effect in
            "\(time) \(effect.kind) \(effect.target.path) \(effect.continuesOnError)"
        }
        return (effects + [String(decoding: run.log, as: UTF8.self)]).joined(separator: "\n")
    }

    /// Busy from the 10th to the 30th second and from the 40th to the 50th.
    private static func machine(_ second: Int) -> [EngineRun.Cgroup] {
        let pids: UInt64 =
            switch second {
            case 10..<30, 40..<50: 9
            case 30..<35: 4
            default: 1
            }
        let usage = UInt64(second) * 100_000 + UInt64(max(0, second - 10)) * 800_000
        // Someone else changes it after twenty seconds.
        let most: UInt64 = second < 3 ? 50 : second < 20 ? 60 : 77
        return [("/g", 1), ("/g/c", 1), ("/h", 3)].map { path, factor in
            EngineRun.Cgroup(
                path: path,
                values: [
                    "pids.current": Reading(path == "/g/c" ? 1 : pids),
                    "pids.max": Reading(most), "cpu.usage_usec": Reading(usage),
                    "memory.current": Reading(UInt64(factor) << 28),
                    "memory.max": Reading(4 << 30),
                    "cgroup.populated": Reading(path == "/h" && second < 5 ? 0 : 1),
                ])
        }
    }

    @Test(arguments: rows) func eachKeyChangesTheBehavior(_ row: Row) throws {
        let one = try Self.observe(row.one, row.mode)
        let other = try Self.observe(row.other, row.mode)
        #expect(one != other, "\(row.one)\n\(row.other)")
    }

    // MARK: All keys

    /// `MAPPING.KEY` for every key that a policy can have, as the refusals of an unknown one list
    /// them.
    private static func schema() throws -> Set<String> {
        let tree = try ConfigLoader.load(Array(everyKey.utf8), file: "every.yaml")
        var keys: Set<String> = []
        for variant in variants(of: tree, adding: String(repeating: "z", count: 30)) {
            var reader = PolicyReader(host: PolicyText.host, mode: .hybrid)
            var merge = PolicyMerge()
            merge.add(variant, &reader)
            _ = reader.document(merge)
            for finding in reader.findings {
                guard
                    let match = finding.error.message.firstMatch(
                        of: /unknown key 'z+' in (.*); valid: (.*)/)
                else { continue }
                for key in match.2.split(separator: ", ") { keys.insert("\(match.1).\(key)") }
            }
        }
        return keys
    }

    /// The tree with one more key in each of its mappings, one after the other.
    private static func variants(of node: ConfigNode, adding key: String) -> [ConfigNode] {
        switch node.content {
        case .text: return []
        case .sequence(let nodes):
            return nodes.indices.flatMap { index in
                variants(of: nodes[index], adding: key).map { changed in
                    var all = nodes
                    all[index] = changed
                    return ConfigNode(.sequence(all), at: node.position)
                }
            }
        case .mapping(let entries):
            let new = ConfigEntry(
                key: key, position: node.position,
                value: ConfigNode(.text("1"), at: node.position))
            return [ConfigNode(.mapping(entries + [new]), at: node.position)]
                + entries.indices.flatMap { index in
                    variants(of: entries[index].value, adding: key).map { changed in
                        var all = entries
                        all[index] = ConfigEntry(
                            key: entries[index].key, position: entries[index].position,
                            value: changed)
                        return ConfigNode(.mapping(all), at: node.position)
                    }
                }
        }
    }

    /// `Suite.test` of all tests.
    private static func tests() throws -> Set<String> {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        var found: Set<String> = []
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path())
        where name.hasSuffix("Tests.swift") {
            let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            var suite = ""
            for line in text.split(separator: "\n") {
                if let match = line.firstMatch(of: /(?:struct|class) (\w+Tests)\b/) {
                    suite = String(match.1)
                }
                if let match = line.firstMatch(of: /\bfunc (\w+)\(/) {
                    found.insert("\(suite).\(match.1)")
                }
            }
        }
        return found
    }

    /// Keys that other tests cover, by key or by mapping.
    private static let elsewhere: [String: String] = [
        "a policy file": "LoadingTests.policyWithEveryKeyLoads",
        "a policy file.protect": "KernelFactsTests.protectedCgroupsAreRefused",
        "a policy file.protect_override": "ProtectedSetTests.systemServicesAreProtected",
        "defaults.allow_kill": "LintTests.lintFindsEachFault",
        "defaults.missing": "LintTests.lintFindsEachFault",
        "defaults.allow_kubelet":
            "PoolSettingTests.podsOfTheKubeletAreChangedOnlyIfAllowed",
        "a limit.for": "ConditionalLimitTests.timesWorkAsInARule",
        "a limit.until": "ConditionalLimitTests.timesWorkAsInARule",
        "a limit.until_for":
            "ConditionalLimitTests.limitEndsWhenTheOppositeHoldsForTheCooldown",
        "defaults.allow_irreversible": "DeviceRuleTests.deviceRulesNeedAllowIrreversible",
        "a group.populated": "StandingLimitTests.limitOfEmptyCgroupsDoesNotAffectOthers",
        "a rule.on_event": "EventRuleTests.anEventTriggersARuleForItsCgroup",
        "on_event": "EventRuleTests.detailsSelectTheEvents",
        "on_event.times": "EventRuleTests.severalEventsMustHappenWithinTheTime",
        "on_event.within": "EventRuleTests.severalEventsMustHappenWithinTheTime",
        "a limit.together": "StandingLimitTests.dependentValuesAreRequestedTogether",
        "an action.together": "StandingLimitTests.dependentValuesAreRequestedTogether",
        "reserved": "PoolAssignmentTests.exclusivePoolGetsAWholeNode",
        "a pool": "PoolAssignmentTests.invariantsHoldForRandomMachines",
        "a pool.numa": "PoolAssignmentTests.poolSpillsOnlyIfAllowed",
        "a pool.fallback": "PoolHotplugTests.poolWithoutItsNodeSharesOrIsUnchanged",
        "a pool.others": "PoolSourceTests.sliceIsReplacedByItsOtherChildren",
        "a hook.exec": "HookRunnerTests.exitStatusDecidesTheResult",
        "a hook.timeout": "HookRunnerTests.hungHookIsTerminatedAndThenKilled",
        "a hook.user": "HookRunnerTests.hookRunsAsItsUser",
        "a sink.journald": "JournalSinkTests.noticesGoToStandardErrorWithoutJournald",
        "a sink.webhook": "WebhookSinkTests.noticeIsPostedAsJSON",
        "webhook.url": "WebhookSinkTests.noticeIsPostedAsJSON",
        "webhook.token_file": "WebhookSinkTests.tokenIsRereadForEachNotice",
        "webhook.timeout": "WebhookSinkTests.silentOrMissingServerIsGivenUp",
        "a guard": "OOMGuardMachineTests.databaseOnV1IsFrozenRaisedAndThawed",
        "a guard.limit":
            "KernelOOMGuardTests.guardedCgroupHasTheGuardsLimitAndOOMGroup",
        "a guard.on_timeout": "OOMGuardMachineTests.timeoutRaisesKillsOrStays",
        "a guard.notify":
            "KernelOOMGuardTests.cgroupIsFrozenBelowItsLimitAndThawedWhenThereIsRoom",
        "a guard.i_accept_hang": "LintTests.lintFindsEachFault",
        "a guard.allow_force_empty": "OOMGuardMachineTests.v1DropsPageCacheOnlyIfAllowed",
        "a guard.oom_group":
            "KernelOOMGuardTests.guardedCgroupHasTheGuardsLimitAndOOMGroup",
        "pin.pool": "PoolSourceTests.sliceIsReplacedByItsOtherChildren",
        "relief": "OOMGuardMachineTests.limitIsNotRaisedBelowHostFreeMinAndTheHookRuns",
        "raise": "OOMGuardMachineTests.databaseOnV1IsFrozenRaisedAndThawed",
        "raise.host_free_min":
            "OOMGuardMachineTests.limitIsNotRaisedBelowHostFreeMinAndTheHookRuns",
        "an autosizer": "AutosizeSourceTests.oneStepPerPeriodWithoutPressure",
        "an autosizer.target": "AutosizeSourceTests.stepsShrinkTowardsTheTarget",
        "an autosizer.floor": "AutosizeSourceTests.floorAndCeilingAreRespected",
        "an autosizer.ceiling": "AutosizeSourceTests.floorAndCeilingAreRespected",
        "an autosizer.mode": "AutosizeSourceTests.limitModeLowersTheLimit",
    ]

    /// A part that has it takes the place of an earlier one.
    private static let replacing = "LoadingTests.laterFileReplacesNamedParts"

    @Test func everyKeyHasATestOfItsEffect() throws {
        let keys = try Self.schema()
        #expect(keys.count > 130, "\(keys.sorted())")
        let shown = Set(Self.rows.map(\.key))
        #expect(shown.subtracting(keys).sorted() == [])
        let known = try Self.tests()
        #expect(known.count > 500)
        var missing: [String] = []
        for key in keys.subtracting(shown).sorted() {
            let mapping = String(key.prefix { $0 != "." })
            let test =
                key.hasSuffix(".replace")
                ? Self.replacing : Self.elsewhere[key] ?? Self.elsewhere[mapping]
            guard let test else {
                missing.append(key)
                continue
            }
            #expect(known.contains(test), "\(key): \(test)")
        }
        #expect(missing == [])
    }
}
