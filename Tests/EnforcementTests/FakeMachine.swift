import Actuation
import CgroupModel
import Foundation
import Hierarchy
import KernelIO
import Policy
import PolicyLanguage
import Synchronization

@testable import Enforcement

/// A host in a directory of plain files instead of interface files; removed at deinit.
final class FakeMachine: Sendable {
    let root: String
    let set: HierarchySet

    /// `trees` maps a mount's directory to its v1 controllers, or to "cgroup2".
    init(_ trees: [String: String] = ["memory": "memory", "cpu": "cpu", "pids": "pids"]) throws {
        root = NSTemporaryDirectory() + "cgwarden-enforce-\(UUID().uuidString)"
        try Self.write("", to: "\(root)/proc/self/mountinfo")
        var mounts = ""
        for (place, (name, kind)) in trees.sorted(by: { $0.key < $1.key }).enumerated() {
            let directory = name.isEmpty ? "" : "/\(name)"
            try Self.write(
                "cpuset cpu io memory pids\n", to: "\(root)/cgroup\(directory)/cgroup.controllers")
            let end = kind == "cgroup2" ? "cgroup2 cgroup2 rw" : "cgroup cgroup rw,\(kind)"
            mounts += "\(30 + place) 20 0:\(30 + place) / /sys/fs/cgroup\(directory) rw - \(end)\n"
        }
        try Self.write(mounts, to: "\(root)/proc/self/mountinfo")
        set = try HierarchySet.discover(.captured(in: root))
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    private static func write(_ text: String, to file: String) throws {
        let url = URL(filePath: file)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    /// Makes a cgroup with files in one tree.
    func cgroup(_ path: String, in tree: String = "", _ files: [String: String] = [:]) throws {
        for (name, text) in files.merging(["cgroup.procs": ""], uniquingKeysWith: { own, _ in own })
        {
            try Self.write("\(text)\n", to: "\(root)/cgroup/\(tree)\(path)/\(name)")
        }
    }

    /// A v1 cgroup in three trees.
    func usual(_ path: String = "/a") throws {
        try cgroup(
            path, in: "memory",
            [
                "memory.limit_in_bytes": "209715200", "memory.memsw.limit_in_bytes": "209715200",
                "memory.usage_in_bytes": "1048576",
            ])
        try cgroup(
            path, in: "cpu",
            ["cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000", "cpu.shares": "1024"])
        try cgroup(path, in: "pids", ["pids.max": "max", "pids.current": "3"])
    }

    func file(_ name: String, _ text: String) throws { try Self.write(text, to: "\(root)/\(name)") }

    func text(_ file: String) throws -> String {
        try String(contentsOfFile: "\(root)/cgroup/\(file)", encoding: .utf8)
            .trimmingCharacters(in: .newlines)
    }

    var journal: UndoJournal { UndoJournal(directory: "\(root)/state") }

    func actions(
        _ files: any ControlFiles = KernelControlFiles(), protection: Protection = Protection()
    ) -> KernelActions {
        KernelActions(
            set: set, files: files, journal: journal,
            holds: HoldList(directory: "\(root)/state"), protection: protection)
    }

    func target(_ path: String = "/a") throws -> Effect.Target { try .now(path, in: set) }
}

extension Effect.Target {
    /// The cgroup that is at a path now.
    static func now(_ path: String, in set: HierarchySet) throws -> Effect.Target {
        let path = CgroupPath(path)
        let found = set.byIdentity.lazy.compactMap {
            try? CgroupDirectory(path, in: set.hierarchies[$0])
        }.first
        guard let found else { throw IOError("find", "\(path)", .notFound) }
        return Effect.Target(path: path, cgroup: CgroupID(inode: found.inode, generation: 1))
    }
}

extension Effect {
    /// An effect of a rule `r`.
    static func make(
        _ id: ID, _ kind: Kind, on target: Target, chain: UInt64? = nil, isDryRun: Bool = false,
        continuesOnError: Bool = false, isTogether: Bool = true
    ) -> Effect {
        Effect(
            id: id, origin: .rule("r"), target: target, kind: kind, isDryRun: isDryRun,
            chain: chain ?? id, continuesOnError: continuesOnError, isTogether: isTogether,
            cause: Cause(
                "x > \"1\"", evidence: [.init(term: "x", value: "2", coverage: 0.5)]))
    }
}

extension LimitAssignment {
    static func of(_ name: String, _ number: UInt64) -> LimitAssignment {
        LimitAssignment(LimitKey(name), .number(number))
    }
}

/// The three files of one cgroup that most tests write: memory, then pids, then cpu.
let three = Effect.Kind.set([
    .of("memory.max", 100 << 20), .of("pids.max", 7), .of("cpu.max", 1_500_000),
])

/// Files of which chosen writes do something else.
final class ScriptedFiles: ControlFiles {
    typealias Script =
        @Sendable (_ file: String, _ directory: CgroupDirectory) throws(IOError) -> Void

    private let script: Script
    private let log = Mutex<[String]>([])
    private let kernel = KernelControlFiles()

    /// The script runs before each write.
    init(_ script: @escaping Script) { self.script = script }

    /// `FILE=VALUE` of all writes that succeeded.
    var written: [String] { log.withLock { $0 } }

    func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String {
        try kernel.text(name, of: directory)
    }

    func write(_ value: String, to name: String, of directory: CgroupDirectory) throws(IOError) {
        try script(name, directory)
        try kernel.write(value, to: name, of: directory)
        log.withLock { $0.append("\(name)=\(value)") }
    }
}

/// Writes of a file that fail.
func failing(_ codes: [String: Int32]) -> ScriptedFiles {
    ScriptedFiles { file, _ throws(IOError) in
        if let code = codes[file] { throw IOError("write", file, code: code) }
    }
}

extension KernelActions {
    /// Does one effect without waiting anywhere.
    func once(_ effect: Effect) -> EffectResult { perform([effect], pause: { _ in })[0] }
}

extension EffectResult.Outcome {
    /// The case's name.
    var word: String { "\(self)".prefix { $0 != "(" }.description }

    /// The kernel's error number.
    var errno: Errno? {
        switch self {
        case .rolledBack(let failure), .halfway(let failure), .failed(let failure): failure.errno
        default: nil
        }
    }
}

/// Keeps notices.
final class NoticeLog: NoticeSink {
    private let log = Mutex<[Notice]>([])
    var notices: [Notice] { log.withLock { $0 } }
    func send(_ notice: Notice) { log.withLock { $0.append(notice) } }
}

/// Hooks with a scripted end.
final class FakeHooks: HookRunning {
    private let log = Mutex<[HookRun]>([])
    private let hanging = Mutex<[@Sendable (HookEnding) -> Void]>([])
    private let ending: HookEnding?

    /// With nil they never end by themselves.
    init(_ ending: HookEnding?) { self.ending = ending }
    var runs: [HookRun] { log.withLock { $0 } }

    func start(_ run: HookRun, ended: @escaping @Sendable (HookEnding) -> Void) {
        log.withLock { $0.append(run) }
        if let ending { ended(ending) } else { hanging.withLock { $0.append(ended) } }
    }

    func endAll() {
        let all = hanging.withLock { all in
            defer { all = [] }
            return all
        }
        for ended in all { ended(.failed("ended")) }
    }
}

/// A door that is shut until it is opened.
final class Door: Sendable {
    private let isOpen = Mutex(false)
    func open() { isOpen.withLock { $0 = true } }
    func wait() { while !isOpen.withLock({ $0 }) { usleep(1000) } }
}

/// A clock that advances on request, or when a wait uses it.
final class FakeClock: Sendable {
    private let time = Mutex(Duration.seconds(1))

    func advance(by span: Duration) { time.withLock { $0 += span } }

    var ofEffects: EffectClock {
        EffectClock(
            now: { [self] in UInt64(time.withLock { $0 } / .nanoseconds(1)) },
            pause: { [self] in advance(by: $0) })
    }
}
