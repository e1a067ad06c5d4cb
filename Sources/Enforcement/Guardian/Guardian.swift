public import Actuation
public import Hierarchy
internal import KernelIO

/// The process that releases all cgroups when the daemon has died.
///
/// It reads the daemon's lines from standard input. An end of input without an `end` line means
/// that the daemon died. It then re-enables the OOM killer where a guard disabled it, thaws
/// cgroups, and restores the rest if the policy says so. It also thaws cgroups that a hung daemon
/// left frozen past their deadlines. It finds the cgroups in the undo journal, and undoes only the
/// daemon's changes, not a person's.
public struct Guardian {
    private let settlement: Settlement
    private let directory: String
    /// The delay after a deadline, in nanoseconds, that the daemon has to thaw first.
    private static let grace: UInt64 = 50_000_000

    /// The line on standard output once it watches.
    static let ready = "ready"

    /// Acts on a host.
    ///
    /// `files` restores limits, while changes that stop processes are undone directly in the
    /// kernel.
    public init(set: HierarchySet, journal: UndoJournal, files: any ControlFiles) {
        settlement = Settlement(set: set, journal: journal, files: files)
        directory = journal.directory
    }

    /// Watches until the daemon ends.
    public func run() {
        Steadiness.ignoreGroupSignals()
        Steadiness.spareFromOutOfMemoryKills()
        Steadiness.lockMemory()
        Steadiness.hurryThread()
        try? StandardOutput.write(Self.ready + "\n")
        guard let restores = watch() else { return }
        var claim: StateClaim?
        do throws(IOError) {
            claim = try StateClaim.claimUnlessTaken(directory)
            // Another daemon is already running, and settles what is left.
            if claim == nil { return }
        } catch {
            // Acting without a claim is better than not acting.
        }
        log(settlement.relieve())
        if restores { log(settlement.settle()) }
        withExtendedLifetime(claim) {}
    }

    /// Waits for the daemon's end.
    ///
    /// Returns whether to restore everything after its death; nil after an orderly end.
    private func watch() -> Bool? {
        var restores = true
        var deadlines: [UInt64: UInt64] = [:]
        while true {
            let now = MonotonicClock.bootNanoseconds
            let due = deadlines.filter { $0.value + Self.grace <= now }.map(\.key)
            if !due.isEmpty {
                for inode in due { deadlines[inode] = nil }
                log(settlement.relieve(frozen: Set(due)))
            }
            let left = deadlines.values.min().map { deadline in
                // The deadline includes time in suspend, which the wait does not.
                min(
                    Int32(clamping: (deadline + Self.grace - min(now, deadline)) / 1_000_000 + 1),
                    500)
            }
            guard let lines = ParentPipe.lines(within: left) else { return restores }
            for line in lines {
                switch GuardianLine(line) {
                case .restores(let wanted): restores = wanted
                case .thaw(let inode, let deadline): deadlines[inode] = deadline
                case .forget(let inode): deadlines[inode] = nil
                case .end: return nil
                case nil: continue
                }
            }
        }
    }

    /// Logs what was done to a file beside the journal.
    private func log(_ report: Settlement.Report) {
        let lines = report.lines
        guard !lines.isEmpty else { return }
        let time = MonotonicClock.wallMicroseconds
        try? GuardianLog(in: directory).append(lines.map { "\(time) \($0)\n" }.joined())
    }
}
