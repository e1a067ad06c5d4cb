import Actuation
import ArgumentParser
import CgroupModel
import Enforcement
import Hierarchy
import KernelIO
import Reports
import Service
import Synchronization

/// The emergency stop: thaws, restores and stops the daemon.
struct PanicCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "panic",
        abstract: "Stop the daemon, thaw and restore what it changed.",
        discussion: """
            Asks the daemon to thaw what it froze, to restore every value that it changed, and to \
            stop; this takes at most 10 s. Use it when a policy does harm. Changes made by hand \
            stay, and are counted; `cgwarden restore` undoes them.

            A daemon that does not respond within seconds is killed; before and after that its \
            changes are undone from the journal. If systemd runs the daemon, its unit is stopped, \
            so that it is not restarted. Without a daemon, what an earlier one left is undone.
            """)

    @OptionGroup var state: StateDirectoryOption

    /// The time limit of the daemon's answer and of each restore.
    ///
    /// The whole command takes less than 10 s.
    private static let patience = Duration.milliseconds(2500)

    func run() throws {
        var answer: String?
        do {
            answer = try ControlClient.ask(["panic"], within: Self.patience)
        } catch let error as CgwardenError where error.status == .unavailable {
            StandardOutput.complain(
                "cgwarden: no daemon is running; undoing what one left, from the journal")
        } catch let error as CgwardenError where error.status == .temporaryFailure {
            StandardOutput.complain(
                "cgwarden: the daemon does not respond; undoing its changes from the journal")
        }
        if let answer { return try report(answer) }
        let directory = try StateDirectory.path()
        let first = restore(directory)
        let wasThere = endDaemon(directory)
        // The daemon may have changed values until it ended.
        let last = wasThere ? restore(directory) : first
        guard let last else {
            throw CgwardenError(
                "restoring takes longer than \(Self.patience.shortText); see `cgwarden journal`",
                .temporaryFailure)
        }
        let (failure, text) = try last.get()
        try StandardOutput.write(Array(text.utf8), failure: failure)
    }

    /// Prints the daemon's answer; throws if it has left values.
    private func report(_ answer: String) throws {
        let failure = PanicAnswer.incomplete
        guard answer.hasPrefix(failure) else { return try StandardOutput.write(answer) }
        try StandardOutput.write(
            Array(answer.dropFirst(failure.count + 1).utf8),
            failure: CgwardenError(failure, .temporaryFailure))
    }

    /// Undoes the daemon's changes, and those by hand whose time has passed; nil if it takes too
    /// long, because access to a kernel file can block.
    private func restore(
        _ directory: String
    ) -> Result<(failure: CgwardenError?, text: String), any Error>? {
        Bounded.run(within: Self.patience) {
            Result {
                let set = try HierarchySet.discover()
                let files = StateDirectory.files(of: set)
                let journal = UndoJournal(directory: directory, patience: .milliseconds(500))
                let restorer = Restorer(set: set, journal: journal, files: files)
                let report = RestoreReport(try restorer.restore(owners: .daemon), in: set)
                // The journal lists all frozen cgroups; this is for a journal that was removed.
                let missed = restorer.thawMarked(of: .daemon).failure
                _ = ExpiredChanges(set: set, journal: journal, files: files).undoOverdue()
                let rest = ChangesByHand(try journal.entries()).sentence.map { $0 + "\n" }
                let isAlone = report.isEmpty && rest != nil
                let failure = report.failure ?? missed.flatMap { CgwardenError($0) }
                return (failure, (isAlone ? "" : report.text) + (rest ?? ""))
            }
        }
    }

    /// Kills the daemon that holds the state directory, or waits for its guardian.
    ///
    /// Returns false if neither holds it.
    private func endDaemon(_ directory: String) -> Bool {
        guard let daemon = StateClaim.holder(of: directory) else { return false }
        let pid = daemon.pid
        if daemon.name != StateClaim.guardianName {
            let unit = Bounded.run(within: .seconds(1)) { DaemonUnit(of: pid) } ?? nil
            let isGone = daemon.kill(within: .milliseconds(1500))
            StandardOutput.complain(
                isGone
                    ? "cgwarden: killed the daemon (process \(pid))"
                    : "cgwarden: killed the daemon (process \(pid)), which has not exited yet")
            if let unit, Bounded.run(within: .seconds(1), { unit.stop() }) != true {
                StandardOutput.complain(
                    "cgwarden: systemd may start \(unit.name) again; systemctl stop "
                        + ShellWord.quoted(unit.name))
            }
        }
        // The daemon's guardian also restores, and holds the claim while it does.
        _ = Deadline(after: .seconds(1)).wait { !StateClaim.isHeld(directory) }
        return true
    }
}

/// The systemd unit of a daemon.
private struct DaemonUnit: Sendable {
    let name: String
    private let systemd: Systemd

    /// Returns nil if systemd does not run the process as a service.
    init?(of pid: Int32) {
        guard OwnershipProbe.isSystemdRunning(on: .live) else { return nil }
        systemd = SystemdConnections()[.system]
        guard let unit = try? systemd.unit(ofProcess: pid), unit.name.hasSuffix(".service") else {
            return nil
        }
        name = unit.name
    }

    /// Stops the unit, so that systemd does not restart it; returns whether systemd accepted the
    /// request.
    func stop() -> Bool { (try? systemd.stop(name)) != nil }
}

/// Work that can hang.
private final class Bounded<Answer: Sendable>: Sendable {
    private let answer = Mutex<Answer?>(nil)

    /// Runs the body on a thread of its own; nil if it does not return in time.
    static func run(within time: Duration, _ body: @escaping @Sendable () -> Answer) -> Answer? {
        let work = Bounded()
        do throws(IOError) {
            try WorkerThread.start("panic") {
                let answer = body()
                work.answer.withLock { $0 = answer }
            }
        } catch {
            return body()
        }
        _ = Deadline(after: time).wait { work.answer.withLock { $0 != nil } }
        return work.answer.withLock { $0 }
    }
}
