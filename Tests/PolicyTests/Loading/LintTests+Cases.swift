import CgroupModel
import Configuration
import Foundation

@testable import PolicyLanguage

/// A faulty and a sound policy for each rule of the linter.
extension LintTests {
    private static let kill = "defaults: {allow_kill: true}\n"
    private static func freeze(_ when: String, _ more: String = "") -> String {
        PolicyText.with(
            "rules:\n  - {name: r, on: g, max_active: 1m, when: '\(when)', \(more)"
                + "do: [{freeze: {timeout: 10s}}]}")
    }
    private static func rule(_ when: String, _ action: String, _ more: String = "") -> String {
        PolicyText.with(
            "rules:\n  - {name: r, on: g, when: '\(when)', \(more)do: [\(action)]}")
    }
    private static func limits(_ first: String, _ second: String) -> String {
        PolicyText.with("limits:\n  - {on: g, \(first)}\n  - {on: g, \(second)}")
    }
    private static func oomGuard(_ more: String) -> String {
        PolicyText.with("guards:\n  - {name: w, on: g, max_frozen: 9s, \(more)}")
    }

    /// A machine of v1 on which no disk has an I/O limit.
    private static let uncounted: HostFacts = {
        var host = PolicyText.host
        host.isIOCounted = false
        return host
    }()

    private static func event(_ event: String, _ action: String, _ more: String = "") -> String {
        PolicyText.with(
            "rules:\n  - {name: r, on: g, on_event: \(event), \(more)do: [\(action)]}")
    }

    static let cases: [Case] = [
        Case(
            rule: .briefEffect, at: "limit-hit",
            broken: event("limit-hit", "{set: {pids.max: 5}}"),
            sound: event("limit-hit", "{set: {pids.max: 5}}", "until_for: 1m, ")),
        Case(
            rule: .selfTriggered, at: "frozen",
            broken: event("frozen", "{freeze: {timeout: 9s}}", "max_active: 9s, until_for: 9s, "),
            sound: event("frozen", "{log: {}}")),
        Case(
            rule: .impossible, at: "oom-kill", broken: event("oom-kill", "log", "for: 5s, "),
            sound: event("{kind: oom-kill, within: 6s}", "log", "for: 5s, ")),
        Case(
            rule: .impossible, at: "died", broken: event("died", "{kill: {}}", "until_for: 9s, "),
            sound: event("died", "log")),
        Case(
            rule: .psiOnly, at: "pressure",
            broken: kill + event("pressure", "{kill: {}}", "until_for: 1m, "),
            sound: kill
                + event("pressure", "{kill: {}}", "when: memory.current > 1GiB, until_for: 1m, ")),
        Case(
            rule: .uncounted, at: "io.wbytes.rate",
            broken: rule("io.wbytes.rate > 1MiB/s and host.disk.util > 50%", "log"),
            sound: rule("io.wbytes.rate > 1MiB/s", "log")
                + "limits: [{on: g, set: {\"io.max.wbps[8:0]\": 100GB/s}}]\n",
            mode: .v1, host: uncounted),
        Case(
            rule: .psiOnly, at: "'host.memory.pressure",
            broken: freeze("host.memory.pressure.full.avg10 > 10%", "until: host.load < 1, "),
            sound: freeze(
                "host.memory.pressure.full.avg10 > 10% and host.memory.available < 1GiB",
                "until: host.load < 1, ")),
        Case(
            rule: .psiOnly, at: "'io.pressure",
            broken: kill
                + rule("io.pressure.full.avg10 > 1% or memory.current > 1GiB", "{kill: {}}"),
            sound: kill
                + rule("not (io.pressure.full.avg10 < 1% or memory.current < 1GiB)", "{kill: {}}")),
        Case(
            rule: .psiOnly, at: "'io.pressure",
            broken: kill + rule("io.pressure.full.avg10 > 1% and cgroup.age > 20s", "{kill: {}}"),
            sound: kill
                + rule(
                    "cgroup.age > 20s or io.pressure.full.avg10 > 1% and memory.current > 1GiB",
                    "{kill: {}}")),
        // The age of a job is not a pressure.
        Case(
            rule: .psiOnly, at: "'host.io.pressure",
            broken: kill + rule("host.io.pressure.full.avg10 > 1%", "{kill: {}}"),
            sound: kill + rule("cgroup.age > 20s", "{kill: {}}")),
        Case(
            rule: .someOnly, at: "'host.memory.pressure",
            broken: freeze(
                "host.memory.pressure.some.avg10 > 10% and host.load > 9", "until: host.load < 1, "),
            sound: freeze(
                "host.memory.pressure.full.avg10 > 10% and host.load > 9", "until: host.load < 1, ")
        ),
        Case(
            rule: .freezeWithoutTimeout, at: "{}}",
            broken: rule("host.load > 9", "{freeze: {}}", "max_active: 9s, "),
            sound: rule("host.load > 9", "{freeze: {timeout: 3s}}", "max_active: 9s, ")),
        Case(
            rule: .freezeWithoutEnd, at: "{timeout",
            broken: rule("host.load > 9", "{freeze: {timeout: 3s}}"),
            sound: rule("host.load > 9", "{freeze: {timeout: 3s}}", "max_active: 9s, ")),
        Case(
            rule: .freezeDerivedUntil, at: "{timeout",
            broken: freeze("slope(pids.current, 5s) > 50/s"),
            sound: freeze("slope(pids.current, 5s) > 50/s", "until: pids.current < 5, ")),
        Case(
            rule: .freezeDerivedUntil, at: "{timeout",
            broken: freeze("pids.current > 10 and increased(memory.events.oom_kill, 9s)"),
            sound: freeze("pids.current > 10 or increased(memory.events.oom_kill, 9s)")),
        Case(
            rule: .selfSatisfied, at: "{attr",
            broken: rule("cpu.usage_usec.rate > 2cpus", "{scale: {attr: cpu.max, factor: 0.5}}"),
            sound: rule(
                "cpu.usage_usec.rate > 2cpus", "{scale: {attr: cpu.max, factor: 0.5}}",
                "undo: keep, ")),
        Case(
            rule: .selfSatisfied, at: "{memory.max",
            broken: rule(
                "memory.current > 90% of memory.max", "{set: {memory.max: 3GiB}}"),
            sound: rule(
                "memory.current > 90% of memory.max", "{set: {memory.max: 3GiB}}",
                "until: memory.current < 1GiB, ")),
        Case(
            rule: .selfSatisfied, at: "{attr",
            broken: rule("cpu.throttled.ratio > 5%", "{scale: {attr: cpu.max, factor: 2}}"),
            sound: rule("cpu.throttled.ratio > 5%", "{scale: {attr: cpu.max, factor: 0.5}}")),
        // An explicit until that the action itself makes true: 7 firings in 90 s.
        Case(
            rule: .selfSatisfied, at: "cpu.usage_usec.rate < 1cpus",
            broken: rule(
                "cpu.usage_usec.rate > 1.5cpus", "{set: {cpu.max: 0.5cpus}}",
                "until: cpu.usage_usec.rate < 1cpus, "),
            sound: rule(
                "cpu.usage_usec.rate > 1.5cpus", "{set: {cpu.max: 0.5cpus}}",
                "until: cpu.usage_usec.rate < 0.4cpus, ")),
        Case(
            rule: .selfSatisfied, at: "cpu.usage_usec.rate < 1.5cpus",
            broken: rule(
                "cpu.usage_usec.rate > 2cpus", "{scale: {attr: cpu.max, factor: 0.5, of: usage}}",
                "until: cpu.usage_usec.rate < 1.5cpus, "),
            sound: rule(
                "cpu.usage_usec.rate > 2cpus", "{scale: {attr: cpu.max, factor: 0.5, of: usage}}",
                "until: cpu.usage_usec.rate < 0.9cpus, ")),
        Case(
            rule: .selfSatisfied, at: "memory.current < 2GiB",
            broken: rule(
                "memory.current > 3GiB", "{set: {memory.max: 1GiB}}",
                "until: memory.current < 2GiB, "),
            sound: rule(
                "memory.current > 3GiB", "{set: {memory.max: 1GiB}}",
                "until: memory.current < 2GiB, cooldown: 1m, ")),
        Case(
            rule: .selfSatisfied, at: "cpu.usage_usec.rate < 1cpus",
            broken: freeze("host.load > 9", "until: cpu.usage_usec.rate < 1cpus, "),
            sound: freeze("host.load > 9", "until: host.load < 3, ")),
        Case(
            rule: .repeatSilenced, at: "{every",
            broken: rule(
                "cpu.usage_usec.rate > 2cpus", "{scale: {attr: cpu.max, factor: 0.5}}",
                "undo: keep, repeat: {every: 5s}, "),
            sound: rule(
                "cpu.usage_usec.rate > 2cpus", "{scale: {attr: cpu.max, factor: 0.5}}",
                "undo: keep, repeat: {every: 5s, while: host.load > 3}, ")),
        Case(
            rule: .killNotAllowed, at: "{}}", broken: rule("host.load > 9", "{kill: {}}"),
            sound: kill + rule("host.load > 9", "{kill: {}}")),
        Case(
            rule: .killNotAllowed, at: "{timeout",
            broken: rule(
                "host.load > 9", "{freeze: {timeout: 3s, on_timeout: kill}}", "max_active: 9s, "),
            sound: rule(
                "host.load > 9", "{freeze: {timeout: 3s, on_timeout: thaw}}", "max_active: 9s, ")),
        Case(
            rule: .guardWithoutRelief, at: "{name: w", broken: oomGuard("freeze_at: 90%"),
            sound: oomGuard("relief: [reclaim]")),
        Case(
            rule: .guardWithoutRelief, at: "{name: w", broken: oomGuard("relief: [reclaim]"),
            sound: oomGuard("relief: [reclaim], allow_force_empty: true"), mode: .v1),
        Case(
            rule: .twoGuards, at: "{name: v",
            broken: PolicyText.with(
                "guards:\n  - {name: w, on: g, max_frozen: 9s, relief: [reclaim]}\n"
                    + "  - {name: v, on: g, max_frozen: 9s, relief: [reclaim]}"),
            sound: oomGuard("relief: [reclaim]")),
        Case(
            rule: .twoGuards, at: "{name: v",
            broken: "apiVersion: cgwarden/v1\ngroups: {g: {path: /a/db}, h: {path: /a/*}}\n"
                + "guards:\n  - {name: w, on: g, max_frozen: 9s, relief: [reclaim]}\n"
                + "  - {name: v, on: h, max_frozen: 9s, relief: [reclaim]}",
            sound: "apiVersion: cgwarden/v1\n"
                + "groups: {g: {path: /a/db}, h: {path: /a/*, exclude: /a/db}}\n"
                + "guards:\n  - {name: w, on: g, max_frozen: 9s, relief: [reclaim]}\n"
                + "  - {name: v, on: h, max_frozen: 9s, relief: [reclaim]}"),
        Case(
            rule: .zeroLimit, at: "0}",
            broken: PolicyText.with("limits: [{on: g, set: {memory.max: 0}}]"),
            sound: PolicyText.with("limits: [{on: g, set: {memory.max: 1MiB}}]")),
        Case(
            rule: .zeroLimit, at: "0}",
            broken: PolicyText.with("limits: [{on: g, set: {pids.max: 0}}]"),
            sound: rule("pids.current > 900", "{set: {pids.max: 0}}")),
        Case(
            rule: .aboveHost, at: "200%host",
            broken: PolicyText.with("limits: [{on: g, set: {memory.max: 200%host}}]"),
            sound: PolicyText.with("limits: [{on: g, set: {memory.max: 100%host}}]")),
        Case(
            rule: .aboveHost, at: "1000cpus",
            broken: rule("host.load > 9", "{set: {cpu.max: 1000cpus}}"),
            sound: rule("host.load > 9", "{set: {cpu.max: 8cpus}}")),
        Case(
            rule: .stayNotAccepted, at: "stay",
            broken: oomGuard("relief: [reclaim], on_timeout: stay"),
            sound: oomGuard("relief: [reclaim], on_timeout: stay, i_accept_hang: true")),
        Case(
            rule: .killNotAllowed, at: "kill}",
            broken: oomGuard("relief: [reclaim], on_timeout: kill"),
            sound: kill + oomGuard("relief: [reclaim], on_timeout: kill")),
        Case(
            rule: .minAboveMax, at: "81%",
            broken: oomGuard("relief: [reclaim], freeze_at: 80%, resume_at: 81%"),
            sound: oomGuard("relief: [reclaim], freeze_at: 80%, resume_at: 79%")),
        Case(
            rule: .minAboveMax, at: "2GiB}}",
            broken: oomGuard("limit: 2GiB, relief: [{raise: {step: 1GiB, ceiling: 2GiB}}]"),
            sound: oomGuard("limit: 2GiB, relief: [{raise: {step: 1GiB, ceiling: 3GiB}}]")),
        Case(
            rule: .missing, at: "raise}",
            broken: oomGuard("relief: [reclaim], on_timeout: raise"),
            sound: oomGuard(
                "relief: [{raise: {step: 1GiB, ceiling: 3GiB}}], on_timeout: raise")),
        Case(
            rule: .hookNotAbsolute, at: "page",
            broken: PolicyText.with("hooks: {h: {exec: [page]}}")
                + "rules: [{name: r, on: g, when: host.load > 1, do: [{hook: h}]}]",
            sound: PolicyText.with("hooks: {h: {exec: [/bin/page]}}")
                + "rules: [{name: r, on: g, when: host.load > 1, do: [{hook: h}]}]"),
        Case(
            rule: .minAboveMax, at: "3cpus",
            broken: rule(
                "host.load > 9", "{scale: {attr: cpu.max, factor: 0.5, min: 3cpus, max: 2cpus}}"),
            sound: rule(
                "host.load > 9", "{scale: {attr: cpu.max, factor: 0.5, min: 2cpus, max: 2cpus}}")),
        Case(
            rule: .noChange, at: "1, every",
            broken: rule(
                "host.load > 9", "log", "undo: {relax: {factor: 1, every: 5s}}, "),
            sound: rule(
                "host.load > 9", "log", "undo: {relax: {factor: 1.1, every: 5s}}, ")),
        Case(
            rule: .noChange, at: "1}}",
            broken: rule("host.load > 9", "{scale: {attr: cpu.max, factor: 1}}"),
            sound: rule("host.load > 9", "{scale: {attr: cpu.max, factor: 2}}")),
        Case(
            rule: .impossible, at: "[v1",
            broken: rule("host.load > 9", "log", "requires: [v1, v2], "),
            sound: rule("host.load > 9", "log", "requires: [v2], ")),
        Case(
            rule: .impossible, at: "[v1",
            broken: rule("memory.pgscan > 9/s", "log", "requires: [v1], "),
            sound: rule("memory.pgscan > 9/s", "log", "requires: [v2], ")),
        Case(
            rule: .unseen, at: "'memory.numa",
            broken: rule("memory.numa.anon > 1GiB", "log"),
            sound: rule("memory.anon > 1GiB", "log")),
        Case(
            rule: .formerName, at: "memory.usage", broken: rule("memory.usage > 1GiB", "log"),
            sound: rule("memory.current > 1GiB", "log")),
        Case(
            rule: .formerName, at: "memory.soft:",
            broken: PolicyText.with("limits: [{on: g, set: {memory.soft: 1GiB}}]"),
            sound: PolicyText.with("limits: [{on: g, set: {memory.soft_limit_in_bytes: 1GiB}}]"),
            mode: .v1),
        Case(
            rule: .unseen, at: "'not cgroup",
            broken: rule("not cgroup.populated and host.load > 1", "log"),
            sound: rule("not (cgroup.populated and host.load > 1)", "log")),
        Case(
            rule: .unseen, at: "'cgroup.populated",
            broken: PolicyText.with(
                "rules: [{name: r, on: h, when: 'cgroup.populated', do: [log]}]"
            ).replacing("{g: {path: /g}}", with: "{h: {path: /h, populated: false}}"),
            sound: PolicyText.with(
                "rules: [{name: r, on: h, when: 'cgroup.populated', do: [log]}]"
            ).replacing("{g: {path: /g}}", with: "{h: {path: /h, populated: any}}")),
        Case(
            rule: .trustedAttribute, at: "user.role",
            broken: "apiVersion: cgwarden/v1\ngroups:\n  g: {xattr: {user.role: x}}\n"
                + "limits: [{on: g, set: {pids.max: 5}}]",
            sound: "apiVersion: cgwarden/v1\ngroups:\n  g: {xattr: {trusted.role: x}}\n"
                + "limits: [{on: g, set: {pids.max: 5}}]"),
        Case(
            rule: .overlap, at: "6}",
            broken: limits("set: {pids.max: 5}", "set: {pids.max: 6}"),
            sound: limits("set: {pids.max: 5}", "set: {pids.max: 6}, priority: 1")),
        Case(
            rule: .overlap, at: "6}",
            broken: limits("set: {cpu.weight: 5}", "set: {cpu.weight: 6}, during: 06:00-22:00"),
            sound: limits(
                "set: {cpu.weight: 5}, during: 22:00-06:00",
                "set: {cpu.weight: 6}, during: 06:00-22:00")),
        Case(
            rule: .overlap, at: "2GiB",
            broken: limits("set: {memory.high: 1GiB}", "set: {memory.soft_limit: 2GiB}"),
            sound: limits("set: {memory.high: 1GiB}", "set: {memory.soft_limit: 1GiB}")),
        Case(
            rule: .overlap, at: "[{set: {pids.max: 6",
            broken: PolicyText.with(
                "rules:\n  - {name: a, on: g, when: host.load > 1, do: [{set: {pids.max: 5}}]}\n"
                    + "  - {name: b, on: g, when: host.load > 2, do: [{set: {pids.max: 6}}]}"),
            sound: PolicyText.with(
                "rules:\n  - {name: a, on: g, when: host.load > 1, do: [{set: {pids.max: 5}}]}\n"
                    + "  - {name: b, on: g, when: host.load > 2, do: [{set: {pids.max: 6}}], "
                    + "priority: 1}")),
        Case(
            rule: .unused, at: "g: {path", broken: PolicyText.with("limits: []"),
            sound: PolicyText.with("limits: [{on: g, set: {pids.max: 5}}]")),
        Case(
            rule: .unused, at: "p: {",
            broken: PolicyText.with(
                "pools: {p: {count: 1}}\nlimits: [{on: g, set: {pids.max: 5}}]"),
            sound: PolicyText.with(
                "pools: {p: {count: 1}}\nlimits: [{on: g, set: {cpuset.pool: p}}]")),
        Case(
            rule: .broadGroup, at: "g: {kind",
            broken: "apiVersion: cgwarden/v1\ngroups: {g: {kind: leaf}}\n"
                + "limits: [{on: g, set: {pids.max: 5}}]",
            sound: "apiVersion: cgwarden/v1\ngroups: {g: {uid: 0}}\n"
                + "limits: [{on: g, set: {pids.max: 5}}]"),
        Case(
            rule: .noOthers, at: "p: {",
            broken: PolicyText.with(
                "pools: {p: {count: 1, exclusive: true}}\nlimits: [{on: g, set: {cpuset.pool: p}}]"),
            sound: PolicyText.with(
                "pools: {p: {count: 1, exclusive: true, others: [g]}}\n"
                    + "limits: [{on: g, set: {cpuset.pool: p}}]")),
        Case(
            rule: .noVictims, at: "aggregate",
            broken: kill + rule("host.load > 9", "{kill: {}}", "scope: aggregate, "),
            sound: kill
                + rule(
                    "host.load > 9", "{kill: {}}",
                    "scope: aggregate, victims: {by: memory.current}, "
                )
        ),
        Case(
            rule: .value, at: "{by",
            broken: rule("host.load > 9", "log", "victims: {by: memory.current}, "),
            sound: rule("host.load > 9", "log", "scope: aggregate, victims: {by: memory.current}, ")
        ),
        Case(
            rule: .shortWindow, at: "'slope",
            broken: rule("slope(memory.current, 2s) > 1MiB/s", "log"),
            sound: rule("slope(memory.current, 3s) > 1MiB/s", "log")),
        Case(
            rule: .hostOnly, at: "cpu.usage_usec.rate",
            broken: PolicyText.with(
                "limits: [{ when: cpu.usage_usec.rate > 1cpus, on: g, set: {pids.max: 5}}]"),
            sound: PolicyText.with("limits: [{ when: host.load > 1, on: g, set: {pids.max: 5}}]")),
        Case(
            rule: .unsupported, at: "net_cls.classid",
            broken: PolicyText.with("limits: [{on: g, set: {net_cls.classid: 1}}]"),
            sound: PolicyText.with("limits: [{on: g, v1: {set: {net_cls.classid: 1}}}]"), mode: .v2),
        Case(
            rule: .disabledHere, at: "memory.low",
            broken: PolicyText.with("limits: [{on: g, set: {memory.low: 1GiB}}]"),
            sound: PolicyText.with("limits: [{on: g, v2: {set: {memory.low: 1GiB}}}]"), mode: .v1),
        Case(
            rule: .disabledHere, at: "io.pressure",
            broken: rule("io.pressure.full.avg10 > 1%", "log"),
            sound: rule("host.io.pressure.full.avg10 > 1%", "log"), mode: .v1),
        Case(
            rule: .metric, at: "io.pressure",
            broken: "defaults: {missing: error}\n" + rule("io.pressure.full.avg10 > 1%", "log"),
            sound: "defaults: {missing: error}\n" + rule("memory.events.oom_kill > 1/s", "log"),
            mode: .v1),
        Case(
            rule: .exceedsBounds, at: "1ms",
            broken: "defaults: {interval: 1ms}\n" + rule("host.load > 1", "log"),
            sound: "defaults: {interval: 100ms}\n" + rule("host.load > 1", "log")),
        Case(
            rule: .reference, at: "h, when",
            broken: PolicyText.with("rules:\n  - {name: r, on: h, when: host.load > 1, do: [log]}"),
            sound: rule("host.load > 1", "log")),
    ]
}
