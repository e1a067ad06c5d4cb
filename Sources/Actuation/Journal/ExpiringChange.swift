internal import CgroupModel
internal import KernelIO
internal import Synchronization

/// One change that is undone at a deadline, with the helper process that does so.
///
/// The helper starts with the first record, so an action that is refused starts none. It finds the
/// entries of the change in the journal, and exits once none is left.
package final class ExpiringChange: Sendable {
    private struct Progress {
        /// Nil until the helper runs.
        var helper: ProcessIdentity?
        /// Keeps the helper's standard input open, which means that more entries may follow.
        var running: RunningHelper?
        var deadline: UInt64 = 0
        var number: UInt64?
    }

    private let expiry: Expiry
    private let program: UndoProgram
    private let progress: Mutex<Progress>

    /// Prepares a change.
    init(_ expiry: Expiry, by program: UndoProgram) {
        self.expiry = expiry
        self.program = program
        progress = Mutex(Progress())
    }

    /// A change that a running process undoes after a time.
    init(_ time: Duration, by helper: ProcessIdentity) {
        expiry = .after(time)
        program = .own
        progress = Mutex(Progress(helper: helper, deadline: Self.deadline(time)))
    }

    /// The number of the change; nil if nothing was recorded.
    package var number: UInt64? { progress.withLock(\.number) }

    /// Starts the helper if it does not run yet; must precede the first record.
    func prepare(in directory: String) throws(JournalError) {
        guard let time = expiry.duration else { return }
        try progress.withLock { progress throws(JournalError) in
            if progress.helper != nil { return }
            let running = try program.start(directory)
            progress.running = running
            progress.helper = running.identity
            progress.deadline = Self.deadline(time)
        }
    }

    /// The expiry of an entry with this sequence number; nil if the change never expires.
    func recorded(_ sequence: UInt64) -> EntryExpiry? {
        progress.withLock { progress in
            guard let helper = progress.helper else { return nil }
            let number = progress.number ?? sequence
            progress.number = number
            return EntryExpiry(
                change: number, deadline: progress.deadline,
                awaitsConfirmation: expiry.awaitsConfirmation, helper: helper)
        }
    }

    private static func deadline(_ time: Duration) -> UInt64 {
        EntryExpiry.now + UInt64(clamping: time.nanoseconds / 1000)
    }
}

/// The program that undoes changes at their deadlines.
package struct UndoProgram: Sendable {
    private let program: String
    private let arguments: [String]

    /// This program itself, under an internal command.
    package static let own = UndoProgram("/proc/self/exe")

    /// The cgwarden binary at a path; `arguments` select the cgroup file systems.
    package init(_ program: String, _ arguments: [String] = []) {
        self.program = program
        self.arguments = arguments
    }

    /// Returns the same program for the cgroup file systems that `arguments` select.
    package func with(_ arguments: [String]) -> UndoProgram { UndoProgram(program, arguments) }

    /// Starts the helper for a journal, and returns once it watches.
    fileprivate func start(_ directory: String) throws(JournalError) -> RunningHelper {
        let process: DetachedProcess
        do throws(IOError) {
            try StandardOutput.createDirectories(directory)
            let folder = try OwnedDescriptor.directory(Array(directory.utf8))
            process = try DetachedProcess.start(
                program, ["cgwarden", "undo-later", "--journal", directory] + arguments,
                directory: folder)
        } catch {
            throw .unguarded("did not start: \(error)")
        }
        let answer = process.firstLine(within: .seconds(30))
        guard let helper = answer.text.flatMap({ ProcessIdentity(ready: $0) }) else {
            throw .unguarded("\(answer)")
        }
        return RunningHelper(process, helper)
    }
}

/// A helper that this process has started.
private final class RunningHelper: Sendable {
    let identity: ProcessIdentity
    private let process: DetachedProcess

    init(_ process: consuming DetachedProcess, _ identity: ProcessIdentity) {
        self.process = process
        self.identity = identity
    }
}
