package import Actuation
package import Hierarchy
internal import KernelIO

/// The process that cleans up after a daemon that died.
///
/// It reads the daemon's lines from standard input. An end of input without an `end` line means
/// that the daemon died. It then re-enables the OOM killer where a guard disabled it, thaws
/// cgroups, and restores the rest if the policy says so. It also thaws cgroups that a hung daemon
/// left frozen past their deadlines. It finds the cgroups in the undo journal. Of a person's
/// changes, it undoes only those whose deadlines have passed.
package struct Guardian {
    private let settlement: Settlement
    private let directory: String
    /// The number of attempts to thaw after the daemon's death, a second apart.
    private static let tries = 10

    /// The line on standard output once it watches.
    static let ready = "ready"

    /// Creates a guardian of a host.
    ///
    /// `files` restores limits, while changes that stop processes are undone directly in the
    /// kernel.
    package init(set: HierarchySet, journal: UndoJournal, files: any ControlFiles) {
        settlement = Settlement(set: set, journal: journal, files: files)
        directory = journal.directory
    }

    /// Watches until the daemon ends.
    package func run() {
        SurvivalMode.ignoreGroupSignals()
        SurvivalMode.spareFromOutOfMemoryKills()
        SurvivalMode.lockMemory()
        SurvivalMode.hurryThread()
        try? StandardOutput.write(Self.ready + "\n")
        guard let death = watch() else { return }
        switch StateClaim.inherited(directory, from: death.daemon) {
        case .others: return
        case .own(let claim):
            // Acting without a claim is better than not acting.
            relieve()
            let marked = settlement.relieveMarked()
            if marked.count > 0 {
                log(["thawed cgroups that the journal did not name: \(marked.count)"])
            }
            if let failure = marked.failure { log(["\(failure)"]) }
            if death.restores { log(settlement.settle()) }
            settlement.settleOverdue()
            withExtendedLifetime(claim) {}
        }
    }

    /// Thaws everything, and retries failures because nothing else would.
    private func relieve() {
        for attempt in 1...Self.tries {
            let report = settlement.relieve()
            if attempt == 1 || !report.isIncomplete { log(report) }
            if !report.isIncomplete { return }
            Pause.sleep(.seconds(1))
        }
    }

    /// The values that the daemon last reported before it died.
    private struct Death {
        var daemon: Int32?
        /// Whether to restore everything.
        var restores = true
    }

    /// Waits for the daemon's death; returns nil after a clean shutdown.
    private func watch() -> Death? {
        var death = Death()
        var deadlines = ThawDeadlines()
        var rest: [UInt8] = []
        while true {
            let now = MonotonicClock.bootNanoseconds
            let due = deadlines.due(now)
            if !due.isEmpty {
                let report = settlement.relieve(frozen: due)
                let isNews = deadlines.conclude(due, isDone: !report.isIncomplete, now)
                if isNews { log(report) }
            }
            guard let lines = ParentPipe.lines(within: deadlines.wait(now), &rest) else {
                return death
            }
            for line in lines {
                switch GuardianLine(line) {
                case .daemon(let pid): death.daemon = pid
                case .restores(let wanted): death.restores = wanted
                case .thaw(let inode, let deadline): deadlines.set(inode, by: deadline)
                case .forget(let inode): deadlines.forget(inode)
                case .end: return nil
                case nil: continue
                }
            }
        }
    }

    /// Appends the results to a log file beside the journal.
    private func log(_ report: Settlement.Report) { log(report.lines) }

    private func log(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        let time = MonotonicClock.wallMicroseconds
        try? GuardianLog(in: directory).append(lines.map { "\(time) \($0)\n" }.joined())
    }
}
