import Actuation
import CgroupModel
import Configuration
import Enforcement
import Foundation
import Hierarchy
import KernelIO
import Policy
import PolicyLanguage
import Synchronization
import TestSupport

/// The notices and actions of guards.
final class GuardLog: NoticeSink, HookRunning {
    private let audited = Mutex<[AuditRecord]>([])
    private let notices = Mutex<[Notice]>([])
    private let runs = Mutex<[HookRun]>([])
    private let onHook = Mutex<(@Sendable () -> HookEnding)?>(nil)

    func send(_ notice: Notice) { notices.withLock { $0.append(notice) } }

    func start(_ run: HookRun, ended: @escaping @Sendable (HookEnding) -> Void) {
        runs.withLock { $0.append(run) }
        let body = onHook.withLock { $0 }
        Thread.detachNewThread { ended(body?() ?? .succeeded) }
    }

    /// The behavior of a hook.
    func hooked(_ body: @escaping @Sendable () -> HookEnding) { onHook.withLock { $0 = body } }

    private let holding = Mutex<String?>(nil)

    /// An operator's hold from now on.
    func hold(_ reason: String) { holding.withLock { $0 = reason } }

    var held: String? { holding.withLock { $0 } }

    func audit(_ record: AuditRecord) { audited.withLock { $0.append(record) } }

    var records: [AuditRecord] { audited.withLock { $0 } }
    var told: [Notice] { notices.withLock { $0 } }
    var hooks: [HookRun] { runs.withLock { $0 } }

    /// The states that it came along: `watching -> freezing`.
    var states: [String] { records.filter { $0.phase == .state }.compactMap(\.note) }

    /// The actions, in order.
    var actions: [String] { records.filter { $0.phase == .apply }.compactMap(\.action) }

    func time(of action: String) -> UInt64? {
        records.first { $0.phase == .apply && $0.action == action }?.wallTime
    }
}

/// A cgroup with a memory limit and a guard of its own.
final class GuardScratch {
    static let mebibyte: UInt64 = 1 << 20

    let scratch: ScratchHierarchy
    let log = GuardLog()
    let journal: UndoJournal
    let runner: OOMGuardRunner
    private(set) var target: Effect.Target
    private var processes: [ScratchProcess] = []

    /// The hierarchies of memory and freezer.
    enum Trees: String, CaseIterable, Sendable {
        case v1, hybrid, v2

        func takes(_ hierarchy: MountedHierarchy) -> Bool {
            switch self {
            case .v1: hierarchy.version == .legacy
            case .hybrid: true
            case .v2: hierarchy.version == .unified
            }
        }

        var isThere: Bool {
            guard RealCgroups.usable, let set = RealCgroups.set else { return false }
            return switch self {
            case .v1: set.legacy(.memory) != nil && set.legacy(.freezer) != nil
            case .hybrid: set.legacy(.memory) != nil && set.unified != nil
            case .v2: RealCgroups.hasUnified
            }
        }

        static let present = allCases.filter(\.isThere)
        static let legacy = present.filter { $0 != .v2 }
    }

    init(
        _ trees: Trees, limitMebibytes limit: UInt64? = 200,
        files: any ControlFiles = KernelControlFiles()
    ) throws {
        scratch = try ScratchHierarchy(where: trees.takes)
        try scratch.make("guarded")
        let path = scratch.path("guarded")
        let set = scratch.set
        let memory =
            set.legacy(.memory).map { set.hierarchies[$0] }
            ?? set.hierarchies[set.unified ?? 0]
        let directory = try CgroupDirectory(path, in: memory)
        target = Effect.Target(
            path: path, cgroup: CgroupID(inode: directory.inode, generation: 1))
        journal = UndoJournal(directory: "/dev/shm/cgwarden-test-\(UUID().uuidString)")
        let log = log
        runner = try OOMGuardRunner(
            GuardTools(
                ActingContext(scratch.set, files: files, journal: journal), notices: log,
                hooks: log, hold: { _ in log.held }, audit: { log.audit($0) }))
        if let limit { try setLimit(limit) }
    }

    deinit {
        runner.stop()
        for process in processes { process.end() }
        try? FileManager.default.removeItem(atPath: journal.directory)
    }

    var isLegacy: Bool { scratch.set.legacy(.memory) != nil }

    /// Of memory, and of swap as well, so that nothing flees there.
    func setLimit(_ mebibytes: UInt64) throws {
        let bytes = "\(mebibytes * Self.mebibyte)"
        try scratch.write(
            bytes, to: isLegacy ? "memory.limit_in_bytes" : "memory.max", of: "guarded")
        if isLegacy {
            try? scratch.write(bytes, to: "memory.memsw.limit_in_bytes", of: "guarded")
        } else {
            try? scratch.write("0", to: "memory.swap.max", of: "guarded")
        }
    }

    /// As another program does.
    func write(mebibytes: UInt64, to file: String) throws {
        try scratch.write("\(mebibytes * Self.mebibyte)", to: file, of: "guarded")
    }

    func guarding(
        _ relief: [OOMGuard.Relief] = [.hook("none")], longest: Duration = .seconds(20),
        configure: (inout OOMGuard) -> Void = { _ in }
    ) -> OOMGuard {
        var guarding = OOMGuard(
            name: "test", position: ConfigPosition(file: "test.yaml", line: 1, column: 1),
            group: "g", longestFrozen: longest, relief: relief)
        guarding.resumeFor = .milliseconds(200)
        guarding.sinks = ["pager"]
        configure(&guarding)
        return guarding
    }

    func arm(_ guarding: OOMGuard) throws {
        try runner.arm(
            guarding, hooks: [Hook(name: "none", command: ["/bin/true"])], on: target)
    }

    /// A process that allocates; without a pause as fast as it can, with a lock on a file only once
    /// there is another file, whose name ends with `.go`.
    @discardableResult
    func allocate(
        mebibytesPerSecond rate: Int?, upTo most: Int = 4096, locking file: String? = nil
    ) throws -> ScratchProcess {
        let pause = rate.map { "select(undef, undef, undef, \(4.0 / Double($0)));" } ?? ""
        let lock =
            "open F, \">$ARGV[0]\"; flock F, 2; "
            + "select(undef, undef, undef, 0.05) until -e \"$ARGV[0].go\";"
        let program =
            "\(file == nil ? "" : lock) for (1..\(most / 4)) { push @x, \"a\" x (4 << 20); \(pause) } sleep 120"
        let process = try ScratchProcess(
            "exec perl -e '\(program)' \(file ?? "")", in: "guarded", of: scratch)
        processes.append(process)
        return process
    }

    func endProcesses() {
        for process in processes { process.end() }
        processes = []
    }

    var state: OOMGuardMachine.State? {
        runner.statuses.first { $0.target == target }?.state
    }

    var usage: UInt64 {
        UInt64(text(isLegacy ? "memory.usage_in_bytes" : "memory.current")) ?? 0
    }

    func text(_ file: String) -> String {
        (scratch.text(file, of: "guarded") ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// A number of a flat-keyed file.
    func number(_ key: String, of file: String) -> UInt64? {
        text(file).split(separator: "\n").first { $0.hasPrefix("\(key) ") }.flatMap {
            UInt64($0.dropFirst(key.count + 1))
        }
    }

    var isFrozen: Bool {
        let unified = scratch.set.unified.map { scratch.set.hierarchies[$0] }
        if let unified {
            let file = scratch.directory(unified, Array("guarded/cgroup.events".utf8))
            let text = (try? ReadBuffer.contents(of: file)) ?? []
            if String(decoding: text, as: UTF8.self).contains("frozen 1") { return true }
        }
        return text("freezer.state") == "FROZEN"
    }

    /// Whether anything is asked to be frozen, in any tree.
    var isAskedToFreeze: Bool {
        text("freezer.self_freezing") == "1" || text("cgroup.freeze") == "1"
    }

    var killsAtLimit: UInt64 {
        (isLegacy
            ? number("oom_kill", of: "memory.oom_control")
            : number("oom_kill", of: "memory.events")) ?? 0
    }
}
