internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Guarantees that a cgroup is thawed at its deadline, even if the process that froze it dies.
package struct ThawGuard: Sendable {
    private enum Means: Sendable {
        case helper(program: String, state: String?)
        case keeper(any ThawKeeping)
    }

    private let means: Means

    /// Uses this program itself as the helper, under an internal command.
    ///
    /// Its lock is in the directory `state`, or in the journal's if nil.
    package static func own(state: String? = nil) -> ThawGuard {
        ThawGuard(program: "/proc/self/exe", state: state)
    }

    /// Uses the cgwarden binary at a path as the helper.
    package init(program: String, state: String? = nil) {
        self.init(means: .helper(program: program, state: state))
    }

    /// Uses a keeper that is already running and handles many deadlines.
    package init(_ keeper: any ThawKeeping) { self.init(means: .keeper(keeper)) }

    private init(means: Means) { self.means = means }

    /// Returns the guard with a state directory, unless it already has one or uses a keeper.
    package func locking(in state: String?) -> ThawGuard {
        guard case .helper(let program, nil) = means else { return self }
        return ThawGuard(program: program, state: state)
    }

    /// A running guard; releasing it signals that the freeze is complete.
    struct Watch: ~Copyable {
        /// The helper; nil for a keeper.
        let helper: ProcessIdentity?
        private let process: DetachedProcess?

        init(_ process: consuming DetachedProcess?, _ helper: ProcessIdentity? = nil) {
            self.process = process
            self.helper = helper
        }
    }

    /// Starts the guard and returns once it watches.
    func watch(
        _ directory: CgroupDirectory, timeout: Duration, journal: UndoJournal? = nil
    ) throws(ActuationError) -> Watch {
        switch means {
        case .keeper(let keeper):
            keeper.thaw(inode: directory.inode, within: timeout)
            return Watch(nil)
        case .helper(let program, let state):
            guard let state = state ?? journal?.directory else {
                throw ActuationError(
                    .unavailable,
                    "cannot freeze \(directory.path) safely: there is no directory for the lock of its "
                        + "helper; set XDG_RUNTIME_DIR, or CGWARDEN_STATE_DIRECTORY to a directory "
                        + "of your own")
            }
            return try start(program, state, directory, timeout, journal)
        }
    }

    /// Moves the deadline of a frozen cgroup; false if the guard is a helper, which cannot.
    func prolong(_ directory: CgroupDirectory, _ timeout: Duration) -> Bool {
        guard case .keeper(let keeper) = means else { return false }
        keeper.thaw(inode: directory.inode, within: timeout)
        return true
    }

    /// Waits up to 1 s until the cgroup's helper has exited, so that another can take its place.
    func waitUntilGone(_ directory: CgroupDirectory, journal: UndoJournal? = nil) {
        guard case .helper(_, let state) = means, let state = state ?? journal?.directory else {
            return
        }
        let lock = try? ThawLocks(in: state).take(directory.descriptor, within: .seconds(1))
        lock?.remove()
    }

    /// Notifies the keeper that the cgroup is thawed.
    func forget(_ directory: CgroupDirectory) {
        if case .keeper(let keeper) = means { keeper.forget(inode: directory.inode) }
    }

    private func start(
        _ program: String, _ state: String, _ directory: CgroupDirectory, _ timeout: Duration,
        _ journal: UndoJournal?
    ) throws(ActuationError) -> Watch {
        var words = ["cgwarden", "thaw-later"]
        words += ["--milliseconds", "\(timeout.milliseconds)"]
        words += ["--interface", directory.hierarchy.version == .unified ? "v2" : "v1"]
        words += ["--state", state]
        if let journal { words += ["--journal", journal.directory] }
        let process: DetachedProcess
        do throws(IOError) {
            process = try DetachedProcess.start(program, words, directory: directory.descriptor)
        } catch {
            throw ActuationError(
                .failed, "cannot freeze \(directory.path) safely, without a helper: \(error)")
        }
        let answer = process.firstLine(within: .seconds(30))
        guard let helper = answer.text.flatMap({ ProcessIdentity(ready: $0) }) else {
            throw ActuationError(
                answer.text == nil ? .failed : .busy,
                "cannot freeze \(directory.path) safely: the helper that thaws it \(answer)")
        }
        return Watch(process, helper)
    }
}

/// Thaws cgroups at their deadlines, from a separate process that finds them in the undo journal.
package protocol ThawKeeping: Sendable {
    /// Sets the deadline of the cgroup with this inode in the hierarchy that freezes it.
    func thaw(inode: UInt64, within time: Duration)
    /// Drops the deadline of a cgroup that is already thawed.
    func forget(inode: UInt64)
}
