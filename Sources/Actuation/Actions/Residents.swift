internal import CgroupModel
internal import Hierarchy

/// Who is in a cgroup and below it in one tree: its processes, and single threads of others.
///
/// A signal is for a whole process, which is where its first thread is; v1, and threaded cgroups of
/// v2, may hold other threads of it elsewhere.
struct Residents {
    /// Those that are in it now.
    private(set) var processes: Set<Int32> = []
    /// All that were seen in it.
    private(set) var seen: Set<Int32> = []

    /// A process that is elsewhere, but for some threads.
    private struct Stray {
        let threads: Int
        /// Nil if that cannot be seen from here.
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

    /// Looks again; only who is new is told apart.
    mutating func update() throws(ActuationError) {
        let members = try trees.members(in: tree)
        strays = strays.filter { members.contains($0.key) }
        for pid in members where !seen.contains(pid) && strays[pid] == nil { classify(pid) }
        processes = members.intersection(seen)
    }

    private mutating func classify(_ pid: Int32) {
        if pid == 0 || isInside(pid) {
            seen.insert(pid)
            return
        }
        let threads = reader.threads(of: pid).filter { !reader.hasEnded($0) }
        let inside = threads.filter(isInside)
        // It has ended or left since.
        if inside.isEmpty { return }
        // v1 shows a first thread that has ended elsewhere, while the others go on.
        if inside.count == threads.count, reader.hasEnded(pid) {
            seen.insert(pid)
        } else {
            strays[pid] = Stray(threads: inside.count, home: places.place(of: pid, in: tree))
        }
    }

    /// Whether a process is in it, by its first thread, or by any if that has ended.
    func contains(_ pid: Int32) -> Bool {
        isInside(pid) || reader.hasEnded(pid) && reader.threads(of: pid).contains(where: isInside)
    }

    private func isInside(_ thread: Int32) -> Bool {
        places.place(of: thread, in: tree)?.isWithin(trees.path) ?? false
    }

    /// The processes elsewhere for a person: `1 thread of java (process 12) in /x`; nil for none.
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
