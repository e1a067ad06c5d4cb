internal import CgroupModel
internal import Hierarchy

/// The processes in a cgroup's subtree in one hierarchy, and single threads of other processes.
///
/// A signal reaches a whole process, which belongs to its main thread's cgroup. On v1 and in v2's
/// threaded cgroups, its other threads may be elsewhere.
struct Residents {
    /// The processes in it now.
    private(set) var processes: Set<Int32> = []
    /// All processes seen in it.
    private(set) var seen: Set<Int32> = []

    /// A process elsewhere that has some threads here.
    private struct Stray {
        let threads: Int
        /// The cgroup that the process is in; nil if it is not visible here.
        let home: CgroupPath?
    }

    private let trees: TargetTrees
    private let tree: Int
    private let places: ProcessPlaces
    private let reader: ProcessReader
    private var strays: [Int32: Stray] = [:]

    init(_ trees: TargetTrees, in tree: Int) throws(ActuationError) {
        self.trees = trees
        self.tree = tree
        places = ProcessPlaces(set: trees.set)
        reader = ProcessReader(trees.set.system)
        try update()
    }

    /// Reads the members again, and classifies only the new ones; a removed cgroup has none.
    mutating func update() throws(ActuationError) {
        var members: Set<Int32> = []
        do throws(ActuationError) {
            members = try trees.members(in: tree)
        } catch {
            guard error.code == .notFound else { throw error }
        }
        strays = strays.filter { members.contains($0.key) }
        for pid in members where !seen.contains(pid) && strays[pid] == nil {
            try classify(pid)
        }
        processes = members.intersection(seen)
    }

    private mutating func classify(_ pid: Int32) throws(ActuationError) {
        // 0 is a process of another PID namespace.
        var isWhole = pid == 0
        if !isWhole { isWhole = try isInside(pid) }
        if isWhole {
            seen.insert(pid)
            return
        }
        let threads = reader.threads(of: pid).filter { !reader.hasEnded($0) }
        var inside: [Int32] = []
        for thread in threads where try isInside(thread) { inside.append(thread) }
        // It has exited or left since.
        if inside.isEmpty { return }
        // v1 shows an exited main thread elsewhere while the other threads still run.
        if inside.count == threads.count, reader.hasEnded(pid) {
            seen.insert(pid)
        } else {
            strays[pid] = Stray(threads: inside.count, home: try places.place(of: pid, in: tree))
        }
    }

    /// Whether a process is in it, by its main thread or, if that has exited, by any thread.
    ///
    /// False if that is unknown.
    func contains(_ pid: Int32) -> Bool {
        isKnownInside(pid)
            || reader.hasEnded(pid) && reader.threads(of: pid).contains(where: isKnownInside)
    }

    private func isKnownInside(_ thread: Int32) -> Bool { (try? isInside(thread)) ?? false }

    private func isInside(_ thread: Int32) throws(ActuationError) -> Bool {
        try places.place(of: thread, in: tree)?.isWithin(trees.path) ?? false
    }

    /// The processes elsewhere with threads here: `1 thread of java (process 12) in /x`; nil if
    /// there are none.
    var strayText: String? {
        guard let (pid, stray) = strays.min(by: { $0.key < $1.key }) else { return nil }
        let name = reader.stat(pid)?.name ?? "process"
        let count = stray.threads == 1 ? "1 thread" : "\(stray.threads) threads"
        let home = stray.home.map { " in \($0)" } ?? ""
        let others = strays.count - 1
        let more =
            others == 0
            ? "" : " and threads of \(others) other \(others == 1 ? "process" : "processes")"
        return "\(count) of \(name) (process \(pid))\(home)\(more)"
    }
}
