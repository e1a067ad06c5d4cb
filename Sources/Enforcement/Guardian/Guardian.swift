public import Actuation
internal import CgroupModel
public import Hierarchy
internal import KernelIO

/// The process that lets everything go on when the daemon has died, in whatever way.
///
/// It reads the daemon's lines from standard input, whose end without a word before is the daemon's
/// death: then the OOM killer is back where a guard had turned it off, what is frozen goes on, and
/// the rest is put back if the policy wants that. It also thaws what a daemon that hangs left
/// frozen past its deadline. All that it knows of cgroups is in the undo journal, of which only the
/// daemon's own changes concern it: what a person set by a command stays.
public struct Guardian {
    private let set: HierarchySet
    private let journal: UndoJournal
    private let files: any ControlFiles
    /// How late the daemon may thaw before this does.
    private static let grace: UInt64 = 50_000_000

    /// What it says on standard output when it watches.
    static let ready = "ready"

    /// Works on a machine; `files` are those that the rest is put back with, while what stops
    /// processes is written directly.
    public init(set: HierarchySet, journal: UndoJournal, files: any ControlFiles) {
        self.set = set
        self.journal = journal
        self.files = files
    }

    /// Watches until the daemon ends.
    public func run() {
        Steadiness.ignoreGroupSignals()
        Steadiness.spareFromOutOfMemoryKills()
        Steadiness.lockMemory()
        Steadiness.hurryThread()
        try? StandardOutput.write(Self.ready + "\n")
        var restores = true
        var deadlines: [UInt64: UInt64] = [:]
        while true {
            let now = MonotonicClock.bootNanoseconds
            let due = deadlines.filter { $0.value + Self.grace <= now }.map(\.key)
            if !due.isEmpty {
                for inode in due { deadlines[inode] = nil }
                relieve(frozen: due)
            }
            let left = deadlines.values.min().map { deadline in
                // The wait does not count time in suspend, which the deadline does.
                min(
                    Int32(clamping: (deadline + Self.grace - min(now, deadline)) / 1_000_000 + 1),
                    500)
            }
            guard let lines = ParentPipe.lines(within: left) else { break }
            for line in lines {
                switch GuardianLine(line) {
                case .restores(let wanted): restores = wanted
                case .thaw(let inode, let deadline): deadlines[inode] = deadline
                case .forget(let inode): deadlines[inode] = nil
                case .end: return
                case nil: continue
                }
            }
        }
        relieve(frozen: nil)
        if restores {
            put(back: "everything") { () throws(ActuationError) in
                try restorer(files).restore(where: isOwn)
            }
        }
    }

    private func isOwn(_ entry: JournalEntry) -> Bool { entry.owner == journal.owner }

    private func restorer(_ files: any ControlFiles) -> Restorer {
        Restorer(set: set, journal: journal, files: files)
    }

    /// Lets cgroups go on, those of these inodes or all; the kernel may kill before they do, or
    /// they would wait at their limit.
    private func relieve(frozen inodes: [UInt64]?) {
        let state = try? journal.state()
        let entries = (state?.entries ?? []).filter(isOwn)
        let paths = inodes.map { inodes in
            Set(entries.filter { inodes.contains($0.inode) && $0.isFreeze }.map(\.path))
        }
        for isWanted in [\JournalEntry.keepsFromKilling, \.isFreeze] {
            let isMeant = { (entry: JournalEntry) in
                isOwn(entry) && entry[keyPath: isWanted]
                    && (paths?.contains(entry.path) ?? true)
            }
            // What is frozen does not wait for a lock that a daemon that hangs may hold.
            if state?.damagedLines.isEmpty ?? false, !entries.contains(where: isMeant) { continue }
            put(back: "what stops processes") { () throws(ActuationError) in
                // A damaged journal is believed as far as it is legible.
                try restorer(KernelControlFiles()).restore(force: true, where: isMeant)
            }
        }
    }

    /// Puts back, and leaves a word about it beside the journal.
    private func put(back what: String, _ body: () throws(ActuationError) -> [RestoreResult]) {
        var lines: [String] = []
        do throws(ActuationError) {
            for result in try body() {
                let state = result.isLeft ? "left" : "put back"
                lines.append("\(result.entry.path) \(result.entry.cell): \(state)")
            }
        } catch {
            lines.append("cannot put back \(what): \(error)")
        }
        guard !lines.isEmpty, let log = try? LogFile("\(journal.directory)/guardian.log") else {
            return
        }
        let time = MonotonicClock.wallMicroseconds
        try? log.append(Array(lines.map { "\(time) \($0)\n" }.joined().utf8))
    }
}

extension JournalEntry {
    /// Whether it keeps the kernel from killing at a limit, as a guard does on v1; on v2 it
    /// throttles there, and whoever watched that for live-locks is gone.
    fileprivate var keepsFromKilling: Bool {
        cell.file == "memory.oom_control" || cell.file == "memory.high" && cause.hasPrefix("guard ")
    }
}
