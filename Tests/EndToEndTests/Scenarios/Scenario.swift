import Foundation
import Hierarchy
import TestSupport

/// Cgroups with work in them, and the daemon with one of the example policies over them.
///
/// The policy is the example's own text with other paths, sizes and times. Conditions on the
/// machine's pressure become conditions on what the cgroup itself uses: the machine of a test may
/// be busy for reasons of its own, and would then never be calm.
final class Scenario {
    let scratch: ScratchHierarchy
    private(set) var daemon: DaemonRun?
    private(set) var cgroups: [String]
    /// ``values`` before the daemon started.
    private(set) var before: [String: String] = [:]
    private var processes: [ScratchProcess] = []

    /// How long the daemon waits between two looks, in milliseconds; an emulated guest is slow.
    static let tick = RealCgroups.required == nil ? 400 : 500

    init(_ cgroups: String...) throws {
        scratch = try ScratchHierarchy()
        self.cgroups = cgroups
        for cgroup in cgroups { try scratch.make(cgroup) }
    }

    deinit {
        // Frozen cgroups are thawed first, because on v1 frozen processes cannot exit.
        daemon?.end()
        for process in processes { process.end() }
        for cgroup in cgroups { endAll(in: cgroup) }
        for cgroup in cgroups.reversed() { try? scratch.remove(cgroup) }
    }

    /// Makes another cgroup.
    func make(_ cgroup: String) throws {
        try scratch.make(cgroup)
        cgroups.append(cgroup)
    }

    /// Kills all processes in a cgroup but one, including new ones.
    func endAll(in cgroup: String, but kept: ScratchProcess? = nil) {
        try? awaiting("\(cgroup) is empty") { () -> Bool in
            let members = text("cgroup.procs", of: cgroup).split(separator: "\n")
                .compactMap { Int32($0) }.filter { $0 != kept?.pid }
            for process in members { kill(process, SIGKILL) }
            return members.isEmpty
        }
    }

    /// This many ticks of the policy.
    static func ticks(_ count: Int) -> String { "\(count * tick)ms" }

    /// Starts a shell script in a cgroup.
    @discardableResult
    func start(_ script: String, in cgroup: String) throws -> ScratchProcess {
        let process = try ScratchProcess(script, in: cgroup, of: scratch)
        processes.append(process)
        return process
    }

    /// Starts the daemon with an example policy that contains each `old` exactly once.
    @discardableResult
    func watch(_ example: String, _ changes: [(old: String, new: String)]) throws -> DaemonRun {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "config/policy.d/\(example).yaml")
        return try start(try String(contentsOf: file, encoding: .utf8), example, changes)
    }

    /// The same with a policy of `Policies`, whose paths are below the scratch cgroup.
    @discardableResult
    func watch(
        policy name: String, _ changes: [(old: String, new: String)] = []
    ) throws -> DaemonRun {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Policies/\(name).yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
            .replacingOccurrences(of: "path: \"/", with: "path: \"\(scratch.path)/")
        return try start(text, name, changes)
    }

    private func start(
        _ policy: String, _ example: String, _ changes: [(old: String, new: String)]
    ) throws -> DaemonRun {
        var text = policy
        for (old, new) in changes {
            let parts = text.components(separatedBy: old)
            guard parts.count == 2 else {
                throw ProgramTrouble("\(example).yaml has \(old) \(parts.count - 1) times")
            }
            text = parts.joined(separator: new)
        }
        // Keys of `defaults` that no example has.
        let interval = "interval: \(Self.ticks(1)), rate_window: \(Self.ticks(3))"
        let defaults = text.components(separatedBy: "defaults: {")
        text =
            defaults.count == 2
            ? defaults.joined(separator: "defaults: {\(interval), ")
            : "\(text)defaults: {\(interval)}\n"
        before = values
        let daemon = try DaemonRun(policy: text)
        self.daemon = daemon
        return daemon
    }

    /// Waits, with the audit log in the report if it was in vain.
    func eventually(_ what: String, _ condition: () throws -> Bool) throws {
        let daemon = daemon
        try awaiting(
            "\(what); \(daemon?.errors ?? ""); \(daemon?.log ?? "")",
            seconds: 300, condition)
    }

    /// The content of the first file of the names that exists.
    func text(_ files: String..., of cgroup: String) -> String {
        let text = files.lazy.compactMap { [self] in scratch.text($0, of: cgroup) }.first
        return (text ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The number behind a key of a flat-keyed file, from whichever tree has the key.
    func number(_ key: String, in file: String, of cgroup: String) -> UInt64? {
        scratch.set.hierarchies.lazy.compactMap { [self] hierarchy -> UInt64? in
            let path = String(
                decoding: scratch.directory(hierarchy, Array(cgroup.utf8)), as: UTF8.self)
            let text = try? String(contentsOfFile: "\(path)/\(file)", encoding: .utf8)
            return text?.split(separator: "\n").first { $0.hasPrefix("\(key) ") }
                .flatMap { UInt64($0.dropFirst(key.count + 1)) }
        }.first
    }

    /// Whether everything in a cgroup is frozen, in any hierarchy.
    func isFrozen(_ cgroup: String) -> Bool {
        number("frozen", in: "cgroup.events", of: cgroup) == 1
            || text("freezer.state", of: cgroup) == "FROZEN"
    }

    /// Whether anything is asked to freeze.
    func isAskedToFreeze(_ cgroup: String) -> Bool {
        text("cgroup.freeze", of: cgroup) == "1"
            || text("freezer.self_freezing", of: cgroup) == "1"
    }

    func path(_ cgroup: String) -> String { "\(scratch.path(cgroup))" }
}

/// The lines in order, as `phase action result`, or the note of a change of state.
extension [DaemonRun.Line] {
    /// The states of a rule, in sequence.
    func states(of rule: String) -> [String] {
        filter { $0.phase == "state" && ($0.rule ?? $0.guard) == rule }.compactMap(\.note)
    }

    /// The same without changes that were taken back at once: on a busy machine the work that a rule
    /// watches may pause for a sample.
    func steps(of rule: String) -> [String] {
        states(of: rule).reduce(into: []) { steps, change in
            let back = change.components(separatedBy: " -> ").reversed().joined(separator: " -> ")
            if steps.last == back { steps.removeLast() } else { steps.append(change) }
        }
    }

    /// The result of an action on a cgroup.
    func done(_ action: String, on cgroup: String) -> [DaemonRun.Line] {
        filter {
            ["apply", "undo"].contains($0.phase) && $0.action == action && $0.cgroup == cgroup
                && $0.result != nil
        }
    }

    /// The values that a limit was set to.
    func values(of key: String, on cgroup: String) -> [String] {
        filter { $0.cgroup == cgroup }.flatMap { $0.changes ?? [] }
            .filter { $0.key == key }.compactMap(\.after)
    }
}
