import Testing

@testable import PolicyLanguage

/// A file with errors in nearly every line; each has a message for operators.
@Suite struct MistakesTests {
    private static let file = #"""
        apiVersion: cgwarden/v2
        knd: Policy
        defaults: {interval: 10, hysteresis: 0.1, drift: reaply, allow_kil: true}
        protect: ["/a[b"]
        protect_override: [/]
        groups:
          web: {path: "/web/*", kind: leave, populated: yes}
          all: {}
          bad name: {path: /x}
        pools:
          fast: {cpus: none, smt: wholecore}
        hooks:
          page: {exec: [page], timeout: 5}
        sinks:
          pager: {webhook: {url: ftp://x, token: y}}
        budgets: {kill: often}
        limits:
          - {on: wep, set: {memmory.max: 1GiB, memory.kmem.max: 1GiB, cpu.max: 2, pids.max: 1e3}}
          - {on: web, during: 22-06, when: memory.current > 1GiB}
        rules:
          - name: a
            on: web
            when: memory.current > 90% and memory.pressure.full.avg10 > 0.2
            for: soon
            until: memory.current <
            priority: 101
            do:
              - freeze: {}
              - kill: {signal: BYE}
              - hook: {name: pge}
              - scale: {attr: cpu.maxx, factor: none}
              - {log: {}, thaw: {}}
              - sleep: 5s
            undo: {relax: {factor: 0.5, every: 5s}}
            victims: {by: memory.current, min_gain: 5}
            requires: [psi, v3]
          - on: web
            do: []
        guards:
          - {name: g, on: web, freeze_at: 110%, relief: [pray], on_timeout: kill}
        autosize:
          - {name: s, on: web, floor: 2GiB, ceiling: 1GiB, target: 0}
        """#

    @Test func allErrorsOfABadFileAreReported() {
        let lines = PolicyText.load([("bad.yaml", Self.file)]).findings.map(\.description)
        #expect(lines.joined(separator: "\n") == Self.golden)
    }

    // swift-format-ignore
    private static let golden = #"""
        bad.yaml:1:13: error: apiVersion must be cgwarden/v1, not 'cgwarden/v2' [value]
        bad.yaml:2:1: error: unknown key 'knd' in a policy file; did you mean 'kind'? [key]
        bad.yaml:3:22: error: interval: '10' has no unit; write a time such as 10s [unit]
        bad.yaml:3:38: error: hysteresis: '0.1' has no unit; write a percentage such as 10% [unit]
        bad.yaml:3:50: error: drift cannot be 'reaply'; did you mean 'reapply'? [value]
        bad.yaml:3:58: error: unknown key 'allow_kil' in defaults; did you mean 'allow_kill'? [key]
        bad.yaml:4:11: error: protect must be a path pattern such as /batch/*, brackets closed, not '/a[b' [value]
        bad.yaml:5:20: error: the root is always protected; name a cgroup below it [value]
        bad.yaml:7:31: error: kind cannot be 'leave'; did you mean 'leaf'? [value]
        bad.yaml:7:49: error: populated must be true or false, not 'yes' [value]
        bad.yaml:8:3: warning: group 'all' is not used [unused]
        bad.yaml:8:3: warning: group 'all' matches every cgroup; narrow it with path or unit [broad-group]
        bad.yaml:9:3: error: 'bad name' must be a name of letters, digits and -_.:@ [value]
        bad.yaml:9:3: warning: group 'bad name' is not used [unused]
        bad.yaml:11:3: warning: pool 'fast' is not used [unused]
        bad.yaml:11:16: error: cpus: "none" is not valid; write 0-3,8, all or node:0 [value]
        bad.yaml:11:27: error: smt cannot be 'wholecore'; did you mean 'whole_core'? [value]
        bad.yaml:13:3: warning: hook 'page' is not used [unused]
        bad.yaml:13:17: error: 'page' must be an absolute path; there is no shell and no PATH [hook-not-absolute]
        bad.yaml:13:33: error: timeout: '5' has no unit; write a time such as 10s [unit]
        bad.yaml:15:3: warning: sink 'pager' is not used [unused]
        bad.yaml:15:26: error: url must be http://… or https://…, not 'ftp://x' [value]
        bad.yaml:15:35: error: unknown key 'token' in webhook; valid: url, token_file, timeout [key]
        bad.yaml:16:17: error: kill must be a number within a time, such as 2/10s or 6/m, not 'often' [value]
        bad.yaml:18:10: error: unknown group 'wep'; did you mean 'web'? [reference]
        bad.yaml:18:21: error: unknown attribute 'memmory.max'; did you mean 'memory.max'? [attribute]
        bad.yaml:18:40: error: memory.kmem.max: the kernel accepts a limit of kernel memory but has ignored it since Linux 5.16; set memory.max, which counts kernel memory [ineffective]
        bad.yaml:18:72: error: cpu.max: "2" needs a unit; write 1.5cpus, 150%cpu, 25%host or max [unit]
        bad.yaml:18:85: error: pids.max: "1e3" is not valid; write a number from 0 to 4194304, or max [value]
        bad.yaml:19:5: error: a limit needs 'set' [missing]
        bad.yaml:19:23: error: during must be a time of day such as 22:00-06:00, not '22-06' [value]
        bad.yaml:19:36: error: 'memory.current' is a metric of a cgroup; use one of the host, such as host.load [host-only]
        bad.yaml:23:28: error: '90%' is a share of what? 'memory.current' is in bytes; write 90% of memory.max or 20%host [base]
        bad.yaml:23:65: error: '0.2' has no unit, but 'memory.pressure.full.avg10' is in percent; write 20% [unit]
        bad.yaml:24:10: error: for must be a time such as 10s, not 'soon' [value]
        bad.yaml:25:28: error: expected a metric, a number with its unit, or a function, not the end [syntax]
        bad.yaml:26:15: error: priority must be a number from -100 to 100, not '101' [value]
        bad.yaml:28:17: error: freeze needs a timeout, such as {timeout: 60s} [freeze-without-timeout]
        bad.yaml:29:24: error: signal must be a signal such as TERM or KILL, not 'BYE' [value]
        bad.yaml:30:22: error: unknown hook 'pge'; did you mean 'page'? [reference]
        bad.yaml:31:23: error: unknown attribute 'cpu.maxx'; did you mean 'cpu.max'? [attribute]
        bad.yaml:31:41: error: factor must be a number such as 0.5, not 'none' [value]
        bad.yaml:32:9: error: one action per step: one of set, scale, freeze, thaw, pin, reclaim, kill, hook, notify, log [value]
        bad.yaml:33:9: error: unknown key 'sleep' in an action; valid: set, scale, freeze, thaw, pin, reclaim, kill, hook, notify, log, on_error, together [key]
        bad.yaml:34:28: error: relax needs a factor above 1, or the value never returns [no-change]
        bad.yaml:35:45: error: min_gain must be in bytes, as 'by' is; write 512MiB [unit]
        bad.yaml:36:21: error: requirement cannot be 'v3'; valid: psi, v1, v2, hybrid, systemd, swap [value]
        bad.yaml:37:5: error: a rule needs 'name' [missing]
        bad.yaml:37:5: error: a rule needs 'when' or 'on_event' [missing]
        bad.yaml:38:9: error: do has no action [value]
        bad.yaml:40:5: error: a guard needs 'max_frozen' [missing]
        bad.yaml:40:35: error: freeze_at must be between 0% and 100% [exceeds-bounds]
        bad.yaml:40:50: error: unknown relief 'pray'; valid: reclaim, raise, hook [value]
        bad.yaml:40:69: error: guard 'g' may kill; add allow_kill: true to defaults to allow that [kill-not-allowed]
        bad.yaml:42:31: error: the floor is above the ceiling [min-above-max]
        bad.yaml:42:60: error: target: '0' has no unit; write a percentage such as 10% [unit]
        """#
}
