import CgroupModel
import Foundation

@testable import PolicyLanguage

/// The pairs of policies that differ in one key.
extension KeyEffectTests {
    private static let groups =
        "groups: {g: {path: /g}, h: {path: /h}, all: {path: [/g, /h]}}\n"
    private static let set = "{set: {cpu.weight: 10}}"
    private static let freeze = "{freeze: {timeout: 50s}}"

    private static func rule(
        _ keys: String = "", do actions: String = set, on group: String = "g",
        when: String = "pids.current > 5", until: String = "until: pids.current < 3, "
    ) -> String {
        groups
            + "rules: [{name: r, on: \(group), when: \(when), \(until)\(keys)do: [\(actions)]}]\n"
    }

    private static func limit(_ keys: String, on group: String = "g") -> String {
        groups + "limits: [{on: \(group), \(keys)}]\n"
    }

    /// A group that has the cgroups that keys choose.
    private static func group(_ keys: String) -> String {
        "groups: {x: {\(keys)}}\nlimits: [{on: x, set: {pids.max: 70}}]\n"
    }

    private static func defaults(_ keys: String, _ rest: String) -> String {
        "defaults: {\(keys)}\n" + rest
    }

    private static let kill = "allow_kill: true"
    private static let irreversible = "allow_irreversible: true"
    private static let hooks = "hooks: {k: {exec: [/bin/true]}, l: {exec: [/bin/false]}}\n"

    private static let defaultRows = [
        Row(
            key: "defaults.interval", one: defaults("interval: 200ms", rule("for: 3s, ")),
            other: defaults("interval: 1s", rule("for: 3s, "))),
        Row(
            key: "defaults.rate_window",
            one: defaults(
                "rate_window: 2s", rule(when: "cpu.usage_usec.rate > 0.5cpus", until: "")),
            other: defaults(
                "rate_window: 20s", rule(when: "cpu.usage_usec.rate > 0.5cpus", until: ""))),
        Row(
            key: "defaults.hysteresis", one: defaults("hysteresis: 10%", rule(until: "")),
            other: defaults("hysteresis: 50%", rule(until: ""))),
        Row(
            key: "defaults.cooldown", one: defaults("cooldown: 1s", rule()),
            other: defaults("cooldown: 5m", rule())),
        Row(
            key: "defaults.drift", one: defaults("drift: report", limit("set: {pids.max: 60}")),
            other: defaults("drift: reapply", limit("set: {pids.max: 60}"))),
        Row(
            key: "defaults.dry_run", one: defaults("dry_run: true", rule()),
            other: defaults("dry_run: false", rule())),
        Row(
            key: "defaults.restore_on_exit",
            one: defaults("restore_on_exit: false", limit("set: {cpu.weight: 50}")),
            other: defaults("restore_on_exit: true", limit("set: {cpu.weight: 50}"))),
    ]

    private static let budgets: [(String, String, String)] = [
        ("kill", "{kill: {}}", ""), ("freeze", freeze, "max_active: 5m, "), ("write", set, ""),
        ("hook", "{hook: k}", ""),
    ]

    private static let budgetRows = budgets.map { key, action, keys in
        let policy = defaults(kill, hooks + rule(keys, do: action, on: "all"))
        return Row(
            key: "budgets.\(key)", one: policy + "budgets: {\(key): 1/1h}\n",
            other: policy + "budgets: {\(key): 9/1h}\n")
    }

    private static let groupBudgetRow = Row(
        key: "budgets.write_per_group", one: twoRules + "budgets: {write_per_group: 1/1h}\n",
        other: twoRules + "budgets: {write_per_group: 9/1h}\n")

    private static let twoRules =
        groups + """
            rules:
              - {name: r, on: g, when: pids.current > 5, do: [{set: {cpu.weight: 10}}]}
              - {name: s, on: g, when: pids.current > 5, do: [{set: {memory.high: 1GiB}}]}

            """

    private static let memberships: [(String, String, String)] = [
        ("a group.path", "path: /g", "path: /h"),
        ("a group.exclude", "path: /*", "path: /*, exclude: /h"),
        ("a group.unit", "unit: web.service", "unit: db.service"),
        ("a group.xattr", "xattr: {trusted.role: web}", "xattr: {trusted.role: db}"),
        ("a group.uid", "uid: 1000", "uid: 1001"), ("a group.comm", "comm: nginx", "comm: cc"),
        ("a group.kind", "path: /**, kind: leaf", "path: /**, kind: any"),
        ("a group.nested", "path: /**, nested: outermost", "path: /**, nested: all"),
        ("a group.container", "path: /*, container: {}", "path: /*"),
        ("container.runtime", "container: {runtime: docker}", "container: {runtime: other}"),
        ("container.name", "container: {name: web}", "container: {name: other}"),
        ("container.id", "container: {id: abc}", "container: {id: other}"),
        ("container.image", "container: {image: nginx}", "container: {image: other}"),
        ("container.pod", "container: {pod: shop}", "container: {pod: other}"),
        ("container.namespace", "container: {namespace: prod}", "container: {namespace: other}"),
        (
            "container.label", "container: {label: {tier: front}}",
            "container: {label: {tier: back}}"
        ),
    ]

    private static let groupRows = memberships.map { key, one, other in
        Row(key: key, one: group(one), other: group(other))
    }

    private static let limitRows =
        [
            Row(
                key: "a limit.on", one: limit("set: {pids.max: 60}"),
                other: limit("set: {pids.max: 60}", on: "h")),
            Row(
                key: "a limit.set", one: limit("set: {pids.max: 60}"),
                other: limit("set: {pids.max: 70}")),
            Row(
                key: "a limit.when", one: limit("set: {pids.max: 60}, when: host.load > 100"),
                other: limit("set: {pids.max: 60}")),
            Row(
                key: "a limit.during", one: limit("set: {pids.max: 60}, during: \"03:00-04:00\""),
                other: limit("set: {pids.max: 60}, during: \"22:00-06:00\"")),
            Row(
                key: "a limit.priority",
                one: groups
                    + "limits: [{on: g, set: {pids.max: 60}}, "
                    + "{on: g, set: {pids.max: 70}, priority: 1}]\n",
                other: groups
                    + "limits: [{on: g, set: {pids.max: 60}}, {on: g, set: {pids.max: 70}}]\n"),
        ]

    private static let modeRows = HierarchyMode.allCases.map { mode in
        Row(
            key: "a limit.\(mode.rawValue)",
            one: limit("set: {pids.max: 60}, \(mode.rawValue): {set: {pids.max: 70}}"),
            other: limit("set: {pids.max: 60}"), mode: mode)
    }

    private static let settingRows = HierarchyMode.allCases.map { mode in
        Row(
            key: "\(mode.rawValue).set", one: limit("\(mode.rawValue): {set: {pids.max: 60}}"),
            other: limit("\(mode.rawValue): {set: {pids.max: 70}}"), mode: mode)
    }

    private static let ruleRows = [
        Row(
            key: "a rule.name", one: rule(),
            other: rule().replacingOccurrences(of: "name: r", with: "name: s")),
        Row(key: "a rule.on", one: rule(), other: rule(on: "h")),
        Row(
            key: "a rule.scope", one: rule("scope: each, ", do: "{log: {}}", on: "all"),
            other: rule("scope: aggregate, ", do: "{log: {}}", on: "all")),
        Row(key: "a rule.when", one: rule(), other: rule(when: "pids.current > 50")),
        Row(key: "a rule.for", one: rule(), other: rule("for: 3s, ")),
        Row(key: "a rule.until", one: rule(), other: rule(until: "until: pids.current < 5, ")),
        Row(key: "a rule.until_for", one: rule("until_for: 0s, "), other: rule("until_for: 3s, ")),
        Row(key: "a rule.cooldown", one: rule("cooldown: 1s, "), other: rule("cooldown: 5m, ")),
        Row(key: "a rule.max_active", one: rule(), other: rule("max_active: 2s, ")),
        Row(
            key: "a rule.repeat", one: rule("repeat: {every: 2s}, ", do: "{log: {}}"),
            other: rule(do: "{log: {}}")),
        Row(
            key: "a rule.priority", one: twoRules,
            other: twoRules.replacingOccurrences(
                of: "name: s, on: g,", with: "name: s, on: g, priority: 5,")),
        Row(key: "a rule.do", one: rule(), other: rule(do: "{set: {cpu.weight: 20}}")),
        Row(key: "a rule.undo", one: rule("undo: keep, "), other: rule("undo: restore, ")),
        Row(key: "a rule.dry_run", one: rule("dry_run: true, "), other: rule()),
        Row(key: "a rule.requires", one: rule("requires: [psi], "), other: rule()),
        Row(
            key: "repeat.every", one: rule("repeat: {every: 2s}, ", do: "{log: {}}"),
            other: rule("repeat: {every: 7s}, ", do: "{log: {}}")),
        Row(
            key: "repeat.max", one: rule("repeat: {every: 2s, max: 1}, ", do: "{log: {}}"),
            other: rule("repeat: {every: 2s}, ", do: "{log: {}}")),
        Row(
            key: "repeat.while",
            one: rule("repeat: {every: 2s, while: pids.current > 50}, ", do: "{log: {}}"),
            other: rule("repeat: {every: 2s}, ", do: "{log: {}}")),
        Row(
            key: "undo.relax", one: relaxing("factor: 1.5, every: 1s"),
            other: rule("undo: restore, ", do: "{set: {pids.max: 10}}")),
        Row(
            key: "relax.factor", one: relaxing("factor: 1.5, every: 1s"),
            other: relaxing("factor: 3, every: 1s")),
        Row(
            key: "relax.every", one: relaxing("factor: 1.5, every: 1s"),
            other: relaxing("factor: 1.5, every: 3s")),
        Row(
            key: "a rule.victims", one: victims("by: memory.current"),
            other: rule("scope: aggregate, max_active: 5m, ", do: freeze, on: "all")),
        Row(
            key: "victims.by", one: victims("by: memory.current"),
            other: victims("by: pids.current")
        ),
        Row(
            key: "victims.order", one: victims("by: memory.current, order: asc"),
            other: victims("by: memory.current, order: desc")),
        Row(
            key: "victims.take", one: victims("by: memory.current, take: 2"),
            other: victims("by: memory.current, take: 1")),
        Row(
            key: "victims.min_gain", one: victims("by: memory.current, min_gain: 1TiB"),
            other: victims("by: memory.current")),
    ]

    private static func relaxing(_ keys: String) -> String {
        rule("undo: {relax: {\(keys)}}, ", do: "{set: {pids.max: 10}}")
    }

    private static func victims(_ keys: String) -> String {
        rule("scope: aggregate, max_active: 5m, victims: {\(keys)}, ", do: freeze, on: "all")
    }

    /// An action with one value of a key and with another.
    private static let actions: [(String, String, String)] = [
        ("an action.set", set, "{log: {}}"), ("an action.scale", scale("factor: 0.5"), set),
        ("an action.freeze", freeze, set), ("an action.thaw", "{thaw: {}}", "{log: {}}"),
        ("an action.pin", "{pin: {cpus: 0-1}}", set),
        ("an action.reclaim", "{reclaim: {bytes: 1MiB}}", set),
        ("an action.kill", "{kill: {}}", set),
        ("an action.hook", "{hook: k}", set),
        ("an action.notify", "{notify: {}}", "{log: {}}"),
        ("an action.log", "{log: {}}", "{notify: {}}"),
        (
            "an action.on_error", "\(failing), on_error: continue}, {log: {}}",
            "\(failing)}, {log: {}}"
        ),
        ("scale.attr", scale("factor: 0.5"), "{scale: {attr: memory.max, factor: 0.5}}"),
        ("scale.factor", scale("factor: 0.5"), scale("factor: 0.7")),
        ("scale.of", scale("factor: 0.5, of: usage"), scale("factor: 0.5")),
        ("scale.min", scale("factor: 0.5, min: 45"), scale("factor: 0.5")),
        ("scale.max", scale("factor: 2, max: 60"), scale("factor: 2")),
        ("freeze.timeout", freeze, "{freeze: {timeout: 5s}}"),
        (
            "freeze.on_timeout", "{freeze: {timeout: 5s, on_timeout: kill}}",
            "{freeze: {timeout: 5s}}"
        ),
        ("pin.cpus", "{pin: {cpus: 0-1}}", "{pin: {cpus: 0-2}}"),
        ("pin.mems", "{pin: {cpus: 0-1, mems: 0}}", "{pin: {cpus: 0-1}}"),
        ("reclaim.bytes", "{reclaim: {bytes: 1MiB}}", "{reclaim: {bytes: 2MiB}}"),
        ("reclaim.to", "{reclaim: {to: 1MiB}}", "{reclaim: {to: 2MiB}}"),
        ("reclaim.deadline", "{reclaim: {to: 1MiB, deadline: 1s}}", "{reclaim: {to: 1MiB}}"),
        ("reclaim.swappiness", "{reclaim: {to: 1MiB, swappiness: 5}}", "{reclaim: {to: 1MiB}}"),
        ("kill.signal", "{kill: {signal: SIGINT}}", "{kill: {}}"),
        ("kill.grace", "{kill: {grace: 1s}}", "{kill: {}}"),
        ("kill.force", "{kill: {force: false}}", "{kill: {}}"),
        ("hook.name", "{hook: {name: k}}", "{hook: {name: l}}"),
        ("hook.wait", "{hook: {name: k, wait: false}}", "{hook: {name: k}}"),
        ("notify.sinks", "{notify: {sinks: [journald]}}", "{notify: {}}"),
        ("log.level", "{log: {level: warning}}", "{log: {}}"),
    ]

    private static let actionRows = actions.map { key, one, other in
        func policy(_ actions: String) -> String {
            defaults(kill, hooks + rule("max_active: 5m, ", do: actions))
        }
        return Row(key: key, one: policy(one), other: policy(other))
    }

    /// The answers refuse this weight.
    private static let failing = "{set: {cpu.weight: 77}"

    private static func scale(_ keys: String) -> String { "{scale: {attr: pids.max, \(keys)}}" }

    private static let deviceRows = ["allow", "deny"].map { key in
        Row(
            key: "devices.\(key)",
            one: defaults(irreversible, limit("set: {devices: {\(key): [\"c 1:3 rwm\"]}}")),
            other: defaults(irreversible, limit("set: {devices: {\(key): [\"c 1:5 rwm\"]}}")),
            mode: .v1)
    }

    static let rows: [Row] = [
        defaultRows, budgetRows, [groupBudgetRow], groupRows, limitRows, modeRows, settingRows,
        deviceRows, ruleRows, actionRows,
    ].flatMap { $0 }
}
