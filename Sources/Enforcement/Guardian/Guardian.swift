public import Actuation
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
    private let settlement: Settlement
    private let directory: String
    /// How often relief is tried that fails after the daemon's death, a second apart.
    private static let tries = 10

    /// What it says on standard output when it watches.
    static let ready = "ready"

    /// Works on a machine; `files` are those that the rest is put back with, while what stops
    /// processes is written directly.
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
            // Another daemon runs already, and settles what is left.
            if claim == nil { return }
        } catch {
            // Without a claim it is better to act than not to.
        }
        relieve()
        if restores { log(settlement.settle()) }
        withExtendedLifetime(claim) {}
    }

    /// Lets everything go on; what fails is tried again, for nobody else would.
    private func relieve() {
        for attempt in 1...Self.tries {
            let report = settlement.relieve()
            if attempt == 1 || !report.isIncomplete { log(report) }
            if !report.isIncomplete { return }
            Pause.sleep(.seconds(1))
        }
    }

    /// Whether everything is to be put back, once the daemon has died; nil if it ended orderly.
    private func watch() -> Bool? {
        var restores = true
        var deadlines = ThawDeadlines()
        while true {
            let now = MonotonicClock.bootNanoseconds
            let due = deadlines.due(now)
            if !due.isEmpty {
                let report = settlement.relieve(frozen: due)
                let isNews = deadlines.conclude(due, isDone: !report.isIncomplete, now)
                if isNews { log(report) }
            }
            guard let lines = ParentPipe.lines(within: deadlines.wait(now)) else { return restores }
            for line in lines {
                switch GuardianLine(line) {
                case .restores(let wanted): restores = wanted
                case .thaw(let inode, let deadline): deadlines.set(inode, by: deadline)
                case .forget(let inode): deadlines.forget(inode)
                case .end: return nil
                case nil: continue
                }
            }
        }
    }

    /// Leaves a word about what was done beside the journal.
    private func log(_ report: Settlement.Report) {
        let lines = report.lines
        guard !lines.isEmpty, let log = try? LogFile("\(directory)/guardian.log") else { return }
        let time = MonotonicClock.wallMicroseconds
        try? log.append(Array(lines.map { "\(time) \($0)\n" }.joined().utf8))
    }
}
